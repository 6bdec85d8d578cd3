// The figures are those that people posted of their Macs, each line of its own: the accelerator's statistics of
// exelban/stats#1094 (M1 Pro), limits of 16 GiB Macs as llama.cpp logs them (11453.25 MB before macOS 26, 12713.12 MB
// since), vm_stat in the layout of wazuh/wazuh#22113. No recorded machine told all of them at one moment.
import { describe, expect, it } from 'vitest';
import { createAppleSource } from '../../../src/gpus/apple/apple.ts';
import { appleReading } from '../../../src/gpus/apple/reading.ts';
import { GIB, MIB, onEnd, script, temporaryDirectory } from '../tools.ts';

const PAGE = 16_384;
const SYSCTL = `hw.memsize: ${16 * GIB}\nmachdep.cpu.brand_string: Apple M1 Pro\niogpu.wired_limit_mb: 0\n`;
const VM_STAT = `Mach Virtual Memory Statistics: (page size of ${PAGE} bytes)
Pages free:                              120000.
Pages active:                            300000.
Pages inactive:                          200000.
Pages speculative:                        10000.
Pages throttled:                              0.
Pages wired down:                        150000.
Pages purgeable:                          20000.
"Translation faults":                  11477162.
File-backed pages:                       240000.
Anonymous pages:                         464333.
Pages stored in compressor:              180000.
Pages occupied by compressor:             50000.
Decompressions:                               0.
`;
const ACCELERATOR = `+-o AGXAcceleratorG13X  <class AGXAcceleratorG13X, id 0x10000087c, registered, matched, active>
    {
      "IONameMatched" = "gpu,t6000"
      "PerformanceStatistics" = {"TiledSceneBytes"=1572864,"Alloc system memory"=1214005248,"Device Utilization %"=2,"In use system memory"=340983808}
    }
`;
const TEXTS = { sysctl: SYSCTL, vmStat: VM_STAT, accelerator: ACCELERATOR, workingSet: '12713115648\n' };
const AT = { source: 'apple', host: 'local', takenAtMs: 3 } as const;
/** Ollama's count of what is used: 300 + 200 + 10 + 150 + 50 - 20 - 240 thousand pages. */
const AVAILABLE = 16 * GIB - 450_000 * PAGE;

describe('a Mac', () => {
  it('has what Metal recommends, less what the GPU uses, as far as the system has it', () => {
    const reading = appleReading(TEXTS, AT);
    expect(reading).toMatchObject({
      status: 'ok',
      hostMemory: { totalBytes: 16 * GIB, availableBytes: AVAILABLE, swapFreeBytes: null },
      gpus: [
        {
          name: 'Apple M1 Pro',
          vendor: 'apple',
          state: 'uma',
          totalBytes: 12_713_115_648,
          freeBytes: Math.min(12_713_115_648 - 340_983_808, AVAILABLE),
          utilPct: 2,
        },
      ],
    });
  });

  it('is bounded by the limit that its administrator set, where Metal could not be asked', () => {
    const sysctl = SYSCTL.replace('wired_limit_mb: 0', 'wired_limit_mb: 14000');
    const [gpu] = appleReading({ ...TEXTS, sysctl, workingSet: '' }, AT).gpus;
    expect(gpu?.totalBytes).toBe(14_000 * MIB);
  });

  it('has all of its memory here where nobody tells the limit, for the estimator to cut it back', () => {
    const [gpu] = appleReading({ ...TEXTS, workingSet: 'execution error: -2700' }, AT).gpus;
    expect(gpu?.totalBytes).toBe(16 * GIB);
  });

  it.each([
    ['vm_stat', { vmStat: '' }],
    ['one line of it', { vmStat: VM_STAT.replace('Pages wired down', 'Pages wired') }],
  ])('is unreadable without %s', (_name, without) => {
    expect(appleReading({ ...TEXTS, ...without }, AT)).toMatchObject({
      status: 'partial',
      gpus: [{ state: 'unreadable', freeBytes: null }],
      errors: [{ code: 'gpu-unreadable' }],
    });
  });

  it('with an Intel processor has no GPU that Ollama uses', () => {
    const sysctl = SYSCTL.replace('Apple M1 Pro', 'Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz');
    expect(appleReading({ ...TEXTS, sysctl }, AT)).toMatchObject({
      status: 'failed',
      errors: [{ code: 'no-devices' }],
    });
  });

  it('is asked by its own four tools', async () => {
    const folder = temporaryDirectory();
    const says = (name: string, text: string) => script(folder, name, `cat <<'EOF'\n${text.trimEnd()}\nEOF`);
    says('sysctl', SYSCTL);
    says('vm_stat', VM_STAT);
    says('ioreg', ACCELERATOR);
    script(folder, 'osascript', 'exit 1');
    const source = createAppleSource({ folder, clock: () => 3 });
    onEnd(() => source.close());
    expect(await source.read()).toMatchObject({ status: 'ok', source: 'apple', gpus: [{ totalBytes: 16 * GIB }] });
  });
});
