import { describe, expect, it } from 'vitest';
import { GIB, LARGE, load, MIB, MIDDLE, order, otherClient, person, SMALL, startRig } from './rig.ts';

/** What a load does on servers of several sizes when nothing goes wrong. */
describe('a load', () => {
  it.each([1, 2, 4])('lies wholly on %i GPU(s), with what was predicted', async (cards) => {
    const rig = await startRig({ cards });
    const { outcome, steps } = await load(rig, order(MIDDLE, { numCtx: 131_072 }));
    expect(outcome.result).toBe('loaded');
    expect(outcome.proof?.onGpu).toBe(true);
    const [runner] = rig.simulator.loaded();
    expect(runner?.numCtx).toBe(outcome.numCtx);
    expect(runner?.sizeVramBytes).toBe(runner?.sizeBytes);
    for (const gpu of outcome.proof?.gpus ?? []) {
      expect(Math.abs((gpu.actualBytes ?? 0) - (gpu.predictedBytes ?? 0))).toBeLessThan(128 * MIB);
    }
    expect(steps.filter(({ state }) => state === 'done').map(({ name }) => name)).toEqual([
      'wait',
      'look',
      'plan',
      'load',
      'prove',
    ]);
    const [row] = await rig.store.audit.list();
    expect(row).toMatchObject({
      action: 'load',
      result: 'ok',
      code: null,
      server: 'main',
      target: MIDDLE,
      personId: 'ada',
    });
    expect(row!.vramAfterBytes! - row!.vramBeforeBytes!).toBeGreaterThan(4 * GIB);
  });

  it('is clamped to the largest context that fits, and says by how much more was too much', async () => {
    const rig = await startRig({ cards: 1 });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 131_072 }));
    expect(outcome.askedCtx).toBe(131_072);
    expect(outcome.wantedCtx).toBe(40_960);
    expect(outcome.numCtx).toBeLessThan(40_960);
    expect(outcome.numCtx).toBeGreaterThan(8_192);
    expect(outcome.clamp).toMatchObject({ why: 'memory' });
    expect(outcome.clamp?.why === 'memory' ? outcome.clamp.excessBytes : 0).toBeGreaterThan(GIB);
  });

  it('takes the default of the server where no context was asked for', async () => {
    const rig = await startRig({ env: { contextLength: 6_144 }, settings: { contextLength: 6_144 } });
    const { outcome } = await load(rig, order(SMALL));
    expect(outcome).toMatchObject({ result: 'loaded', askedCtx: null, numCtx: 6_144, clamp: null });
  });

  it('goes beside other models without any of them leaving, with a shorter context if need be', async () => {
    const rig = await startRig({ cards: 2 });
    await otherClient(rig, MIDDLE, 8_192);
    const { outcome } = await load(rig, order('gemma3:4b', { numCtx: 131_072 }));
    expect(rig.loaded()).toEqual(['gemma3:4b', MIDDLE].sort());
    expect(outcome.result).toBe('loaded');
    expect(outcome.numCtx).toBeLessThan(131_072);
    expect(outcome.wayOut?.obstacles).toEqual([{ model: MIDDLE, hold: null, inUse: false }]);
    expect(outcome.wayOut?.numCtx).toBeGreaterThan(outcome.numCtx ?? 0);
  });

  it('asks for room where nothing fits beside what is loaded, and touches nothing', async () => {
    const rig = await startRig({ cards: 1 });
    await otherClient(rig, SMALL, 65_536);
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 8_192 }));
    expect(outcome).toMatchObject({ result: 'needs-room', problem: { code: 'needs-room' }, attempts: 0 });
    expect(outcome.wayOut).toEqual({ numCtx: 8_192, obstacles: [{ model: SMALL, hold: null, inUse: false }] });
    expect(rig.loaded()).toEqual([SMALL]);
    expect((await rig.store.audit.list())[0]).toMatchObject({ result: 'refused', code: 'needs-room' });
  });

  it('unloads nobody else than whom the requester named, then loads', async () => {
    const rig = await startRig({ cards: 1 });
    await otherClient(rig, SMALL, 65_536);
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL] }));
    expect(outcome).toMatchObject({ result: 'loaded', numCtx: 8_192, unloaded: [SMALL] });
    expect(rig.loaded()).toEqual([MIDDLE]);
  });

  it('only renews the time of a model that is there with the same context', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { numCtx: 8_192, keepAlive: '10m' }));
    const before = rig.simulator.loaded()[0]!;
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192, keepAlive: '2h' }));
    expect(outcome).toMatchObject({ result: 'loaded', renewed: true, unloaded: [], attempts: 0 });
    const [after] = rig.simulator.loaded();
    expect(after!.expiresAtMs - before.expiresAtMs).toBeGreaterThan(100 * 60_000);
    expect(await rig.store.observations.list()).toHaveLength(1);
  });

  it('never takes time away from a model that somebody else keeps for longer', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { numCtx: 8_192, keepAlive: '4h', by: person('bob') }));
    const before = rig.simulator.loaded()[0]!.expiresAtMs;
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192, keepAlive: '1m' }));
    expect(outcome).toMatchObject({ result: 'loaded', renewed: true });
    expect(outcome.hold?.holderId).toBe('bob');
    expect(rig.simulator.loaded()[0]!.expiresAtMs).toBe(before);
  });

  it('leaves a model that is only renewed with its holder, for as long as either wants it', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { numCtx: 8_192, keepAlive: '10m', by: person('bob') }));
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192, keepAlive: '3h' }));
    expect(outcome.hold).toMatchObject({ holderId: 'bob' });
    expect((await rig.holds.get('main', SMALL))!.untilMs! - Date.now()).toBeGreaterThan(170 * 60_000);
  });

  it('loads with another context anew where nobody minds', async () => {
    const rig = await startRig();
    await otherClient(rig, SMALL, 4_096);
    const { outcome } = await load(rig, order(SMALL, { numCtx: 16_384 }));
    expect(outcome).toMatchObject({ result: 'loaded', numCtx: 16_384 });
    expect(rig.simulator.loaded()).toMatchObject([{ name: SMALL, numCtx: 16_384 }]);
  });

  it('loads an embedding model', async () => {
    const rig = await startRig();
    const { outcome } = await load(rig, order('nomic-embed-text'));
    expect(outcome).toMatchObject({ result: 'loaded', model: 'nomic-embed-text:latest' });
  });

  it('goes to system memory in part only where that was asked for', async () => {
    const rig = await startRig({ cards: 1 });
    const refused = await load(rig, order(LARGE, { numCtx: 8_192 }));
    expect(refused.outcome).toMatchObject({ result: 'refused', problem: { code: 'does-not-fit' } });
    const { outcome } = await load(rig, order(LARGE, { numCtx: 8_192, partial: true }));
    expect(outcome.result).toBe('loaded');
    expect(outcome.proof?.onGpu).toBe(false);
    expect(outcome.numCtx).toBe(8_192);
  });

  it('makes an alias with the context baked in, which other clients load without sending one', async () => {
    const rig = await startRig();
    const { outcome } = await load(rig, order(SMALL, { numCtx: 12_288, alias: 'team-small' }));
    expect(outcome).toMatchObject({ result: 'loaded', alias: 'team-small' });
    const response = await fetch(`${rig.simulator.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify({ model: 'team-small', stream: false }),
    });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
    expect(rig.simulator.loaded()).toMatchObject([{ numCtx: 12_288 }]);
  });

  it('does not overwrite another model with an alias', async () => {
    const rig = await startRig();
    const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096, alias: MIDDLE }));
    expect(outcome).toMatchObject({ result: 'refused', problem: { code: 'alias-taken' } });
    expect(rig.loaded()).toEqual([]);
  });

  it.each([
    [{ numCtx: 65_536 }, 'ctx-above-cap'],
    [{ numCtx: 4_096, keepAlive: '-1' }, 'keep-alive-forever'],
    [{ numCtx: 4_096, keepAlive: 'forever' }, 'keep-alive-forever'],
    [{ numCtx: 4_096, keepAlive: '25h' }, 'keep-alive-above-cap'],
    [{ numCtx: 4_096, keepAlive: '0' }, 'bad-keep-alive'],
    [{ numCtx: 4_096, keepAlive: 'soon; rm -rf /' }, 'bad-keep-alive'],
    [{ numCtx: 4_096, alias: '../etc/passwd' }, 'name-malformed'],
  ])('refuses %j with %s, and writes that down', async (more, code) => {
    const rig = await startRig({ parts: { limits: { maxCtx: 32_768, maxKeepAlive: '24h' } } });
    const { outcome } = await load(rig, order(SMALL, more));
    expect(outcome).toMatchObject({ result: 'refused', problem: { code } });
    expect(rig.loaded()).toEqual([]);
    expect(await rig.store.audit.list()).toMatchObject([{ action: 'load', result: 'refused', code, personId: 'ada' }]);
  });

  it('lets administrators keep a model for ever', async () => {
    const rig = await startRig({ parts: { limits: { maxCtx: null, maxKeepAlive: '24h' } } });
    const { outcome } = await load(rig, order(SMALL, { keepAlive: '-1', by: person('root', { isAdmin: true }) }));
    expect(outcome).toMatchObject({ result: 'loaded', hold: { untilMs: null } });
    expect(rig.simulator.loaded()[0]!.expiresAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ['no-such-model:7b', 'model-not-pulled'],
    ['gpt-oss:120b-cloud', 'load-cloud'],
    ['http://169.254.169.254/', 'name-has-scheme'],
  ])('refuses %s with %s', async (model, code) => {
    const rig = await startRig();
    const { outcome } = await load(rig, order(model));
    expect(outcome.problem?.code).toBe(code);
    expect(outcome.result).toBe('refused');
  });

  it('loads nothing where the memory of the GPUs is not known', async () => {
    const rig = await startRig({ gpuSource: 'prometheus+http://127.0.0.1:9/metrics' });
    const { outcome } = await load(rig, order(SMALL));
    expect(outcome).toMatchObject({ result: 'refused', problem: { code: 'gpus-unknown' } });
    expect(rig.loaded()).toEqual([]);
  });

  it('says that Ollama does not answer', async () => {
    const rig = await startRig();
    await rig.simulator.refuse();
    const { outcome } = await load(rig, order(SMALL));
    expect(outcome).toMatchObject({ result: 'failed', problem: { code: 'ollama-down' } });
    expect(await rig.store.audit.list()).toMatchObject([{ result: 'failed', code: 'ollama-down' }]);
  });
});
