import { CodedError, type Params } from '../base/coded.ts';

/** Why no model spec was found, or a registry could not be read. */
export type CatalogueErrorCode =
  | 'model-unknown'
  | 'model-unanswered'
  /** The server may have it and could not be asked: `reason` says why. */
  | 'model-unasked'
  /** The server has it and does not tell its tensors (before 0.6.1), nor is it in the list. */
  | 'model-without-tensors'
  | 'model-name-invalid'
  | 'model-cloud'
  | 'model-not-language'
  | 'model-mlx'
  | 'path-kind-unknown'
  | 'hub-address-invalid'
  | 'hub-quantization-missing'
  | 'hub-no-model'
  | 'hub-gated'
  | 'model-restricted'
  | 'safetensors-class-range'
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
export class CatalogueError extends CodedError<CatalogueErrorCode> {
  override readonly name = 'CatalogueError';
  readonly nearest: readonly string[];

  constructor(code: CatalogueErrorCode, params: Params = {}, nearest: readonly string[] = []) {
    super(code, params);
    this.nearest = nearest;
  }
}
