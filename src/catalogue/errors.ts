/** Why no model spec was found, or a registry could not be read. */
export type CatalogueErrorCode =
  | 'model-unknown'
  | 'model-name-invalid'
  | 'model-cloud'
  | 'model-mlx'
  | 'path-kind-unknown'
  | 'registry-host-refused'
  | 'registry-address-refused'
  | 'registry-redirect-refused'
  | 'registry-unreachable'
  | 'registry-timeout'
  | 'registry-not-found'
  | 'registry-unauthorized'
  | 'registry-busy'
  | 'registry-failed'
  | 'registry-answer-too-large'
  | 'registry-answer-invalid'
  | 'registry-range-wrong';

/** Typed error of the catalogue. `params` holds facts for the sentence that the edge writes; `nearest` names like the one asked for. */
export class CatalogueError extends Error {
  readonly code: CatalogueErrorCode;
  readonly params: Readonly<Record<string, string | number>>;
  readonly nearest: readonly string[];

  constructor(
    code: CatalogueErrorCode,
    params: Readonly<Record<string, string | number>> = {},
    nearest: readonly string[] = [],
  ) {
    super(`${code} ${JSON.stringify(params)}`);
    this.name = 'CatalogueError';
    this.code = code;
    this.params = params;
    this.nearest = nearest;
  }
}
