import { describe, expect, it } from 'vitest';
import { classifyAnswer, OllamaError, parseHumanBytes } from '../../src/ollama/errors.ts';

const GIB = 1024 ** 3;

function named(status: number, text: string, options: { json?: boolean; path?: string } = {}) {
  return classifyAnswer({ status, text, json: options.json ?? true, path: options.path ?? '/api/generate' });
}

describe('classifyAnswer', () => {
  it.each([
    [401, 'unauthorized', 'unauthorized'],
    [404, "model 'x' not found", 'not-found'],
    [404, 'model "x" not found, try pulling it first', 'not-found'],
    [499, 'request canceled', 'canceled'],
    [503, 'server busy, please try again.  maximum pending requests exceeded', 'busy'],
    [429, 'too many requests', 'busy'],
    [400, '"e" does not support generate', 'bad-request'],
    [400, 'missing request body', 'bad-request'],
    [500, 'option "num_ctx" must be of type integer', 'server-error'],
    [500, 'llama-server reported out-of-memory during startup: cudaMalloc failed: out of memory', 'out-of-memory'],
    [500, 'llama runner process has terminated: cudaMalloc failed: out of memory', 'out-of-memory'],
    [500, 'llama-server process has terminated: exit status 1: failed to allocate CUDA0 buffer', 'out-of-memory'],
    [500, 'unable to load model: ErrorOutOfMemory', 'out-of-memory'],
    [500, "error loading model architecture: unknown model architecture: 'gemma9'", 'model-unloadable'],
    [500, 'timed out waiting for llama-server to start - progress 0.00 - ', 'timeout'],
    [500, 'context canceled', 'canceled'],
    [500, 'pull model manifest: file does not exist', 'not-found'],
    [500, 'this model requires MLX support, but the MLX runtime is not available', 'server-error'],
    [500, 'model runner has unexpectedly stopped, this may be due to resource limitations', 'server-error'],
  ])('%d %j is %s', (status, text, code) => {
    const error = named(status, text);
    expect(error.code).toBe(code);
    expect(error.ollamaText).toBe(text.trim());
  });

  it('reads both figures when Ollama refuses for lack of system memory', () => {
    const error = named(500, 'model requires more system memory (55.2 GiB) than is available (7.7 GiB)');
    expect(error.code).toBe('needs-more-memory');
    expect(error.params).toMatchObject({
      neededBytes: Math.round(55.2 * GIB),
      availableBytes: Math.round(7.7 * GIB),
      memory: 'system',
    });
  });

  it('reads both figures when an MLX model does not fit the GPU', () => {
    const error = named(500, 'model requires 30.5 GiB but only 21.3 GiB are available (after 1.0 GiB overhead)');
    expect(error.code).toBe('needs-more-memory');
    expect(error.params).toMatchObject({ neededBytes: Math.round(30.5 * GIB), memory: 'gpu' });
  });

  it.each([
    ['unable to load model: /models/blobs/sha256-92', 'model-unloadable', { reason: 'either' }],
    [
      'llama runner process has terminated: this model is not supported by your version of Ollama. You may need to upgrade',
      'model-unloadable',
      { reason: 'unsupported' },
    ],
    [
      "llama runner process has terminated: error loading model: tensor 'token_embd.weight' data is not within the file bounds, model is corrupted or incomplete",
      'model-unloadable',
      { reason: 'damaged' },
    ],
    [
      'tensor "token_embd.weight" offset+size (31069312) exceeds file size (20000000)',
      'model-unloadable',
      { reason: 'damaged' },
    ],
    ['llama runner process has terminated: exit status 2', 'runner-died', { how: 'exit status 2', reason: 'memory' }],
    ['llama runner process has terminated: signal: killed', 'runner-died', { how: 'signal: killed', reason: 'memory' }],
    [
      'llama-server process has terminated: signal: segmentation fault',
      'runner-died',
      { how: 'signal: segmentation fault' },
    ],
    ['llama-server process has terminated: exit status 2', 'runner-died', { how: 'exit status 2' }],
    ['llama runner process has terminated: exit status 0xc0000005', 'runner-died', { how: 'exit status 0xc0000005' }],
  ])('names what made a load fail: %j', (text, code, params) => {
    const error = named(500, text);
    expect(error.code).toBe(code);
    expect(error.params).toEqual({ status: 500, ...params });
  });

  it.each([
    ['Get "https://r.example/v2/x/manifests/latest": dial tcp: lookup r.example on 127.0.0.1:53: no such host', 'dns'],
    ['Get "https://127.0.0.1:1/v2/x": dial tcp 127.0.0.1:1: connect: connection refused', 'refused'],
    ['Get "https://127.0.0.1:5601/v2/x": http: server gave HTTP response to HTTPS client', 'plain-http'],
    ['Get "https://r.example/v2/x": tls: failed to verify certificate: x509: unknown authority', 'tls'],
    ['Get "https://r.example/v2/x": context deadline exceeded', 'timeout'],
  ])('names why a registry could not be asked: %j', (text, reason) => {
    expect(named(200, `pull model manifest: ${text}`)).toMatchObject({ code: 'registry', params: { reason } });
  });

  it('tells an unknown path from an unknown model and from a stranger', () => {
    expect(named(404, '404 page not found', { json: false, path: '/api/ps' }).code).toBe('too-old');
    expect(named(404, '404 page not found', { json: false, path: '/api/version' }).code).toBe('bad-answer');
    expect(named(404, '<html>nginx</html>', { json: false }).code).toBe('bad-answer');
    expect(named(405, '405 method not allowed', { json: false, path: '/api/copy' }).code).toBe('too-old');
  });

  it('tells Ollama from a proxy in front of it', () => {
    expect(named(502, '<html>Bad Gateway</html>', { json: false })).toMatchObject({
      code: 'unreachable',
      params: { reason: 'gateway' },
    });
    // Ollama's own words about its cloud.
    expect(named(502, 'Post "https://ollama.com:443/api/show": no such host')).toMatchObject({
      code: 'server-error',
      params: { reason: 'cloud' },
    });
    expect(named(503, '<html>Service Unavailable</html>', { json: false }).code).toBe('unreachable');
    expect(named(504, '', { json: false }).code).toBe('timeout');
    expect(named(407, '', { json: false })).toMatchObject({ code: 'unauthorized', params: { by: 'proxy' } });
    expect(named(403, '', { json: false })).toMatchObject({ code: 'forbidden', params: { reason: 'host' } });
  });

  it('names error lines of a stream, which come with status 200', () => {
    expect(named(200, 'pull model manifest: file does not exist').code).toBe('not-found');
    const tooOld = 'pull model manifest: 412: \n\nThe model you are pulling requires a newer version of Ollama.';
    expect(named(200, tooOld).code).toBe('too-old');
    expect(named(200, 'write /models/blob: no space left on device').params).toMatchObject({ reason: 'disk-full' });
  });
});

describe('OllamaError', () => {
  it('cuts and cleans what the server says', () => {
    const error = new OllamaError('server-error', {}, `a\u0000b\u202ec\u001b[31m${'x'.repeat(5000)}`);
    expect(error.ollamaText).toMatch(/^a b c \[31mx+$/);
    expect(error.ollamaText.length).toBeLessThanOrEqual(2000);
  });
});

describe('parseHumanBytes', () => {
  it.each([
    ['55.2 GiB', Math.round(55.2 * GIB)],
    ['512 B', 512],
    ['1.0 KiB', 1024],
    ['8.1 GB', 8_100_000_000],
    ['12 MB', 12_000_000],
    ['1.5TiB', Math.round(1.5 * 1024 * GIB)],
  ])('reads %s', (text, bytes) => {
    expect(parseHumanBytes(text)).toBe(bytes);
  });

  it.each(['', 'many', '5', '1.2.3 GiB', '-1 GiB', '5 GiBs'])('refuses %j', (text) => {
    expect(parseHumanBytes(text)).toBeNull();
  });
});
