import { describe, expect, it } from 'vitest';
import { headerFromConfig } from '../../scripts/catalogue/header.ts';
import { configuredModels, modelFromConfig } from '../../scripts/catalogue/models.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { specFromSafetensors } from '../../src/gguf/safetensors/convert.ts';
import { expanded, readSafetensorsRows } from '../../truth/accuracy/safetensors.ts';

const rows = readSafetensorsRows(new URL('../fixtures/safetensors-small.jsonl', import.meta.url).pathname);

describe('the sources of the built-in list', () => {
  it('cite a file at a commit for every model', () => {
    for (const { name, source } of configuredModels()) {
      expect(source, name).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}:.+/);
    }
  });

  it('are what the list was built from', () => {
    for (const configured of configuredModels().filter((_, i) => i % 12 === 0)) {
      const made = modelFromConfig(configured);
      expect(builtinCatalogue().find(configured.name)?.tensors, configured.name).toEqual(made.tensors);
    }
  });

  it.each(
    rows.filter((row) => !/^(?:FalconH1|Gemma4|Glm4|GptOss)/.test(row.class)).map((row) => [row.model, row] as const),
  )('give %s the checkpoint that was recorded', (_, row) => {
    const shapes = (tensors: ReturnType<typeof expanded>) =>
      new Map(
        specFromSafetensors({ config: row.config, tensors }).tensors.map(({ name, shape }) => [
          name,
          shape.filter((n) => n !== 1).join(),
        ]),
      );
    expect(shapes(headerFromConfig(row.config, row.class))).toEqual(shapes(expanded(row.header)));
  });
});
