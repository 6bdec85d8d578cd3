import { describe, expect, it } from 'vitest';
import { layOutBars, measuringContext } from '../../../src/chat/pictures/bars.ts';
import { breakLines, prepareFonts, setFont, TEXT, WIDTH } from '../../../src/chat/pictures/paper.ts';
import { type BarsSpec, COLOURS, PAPER } from '../../../src/chat/pictures/spec.ts';

/** Points that a phone shows a picture wide, and the smallest text that is read there without effort. */
const PHONE_POINTS = 360;
const SMALLEST_POINTS = 11;

/** WCAG's relative luminance. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

const GIB = 2 ** 30;
const spec = (more: Partial<BarsSpec>): BarsSpec => ({
  kind: 'bars',
  title: 'gemma3:12b',
  series: [
    { label: 'weights', colour: 'blue' },
    { label: 'vision', colour: 'purple' },
    { label: 'free', colour: 'empty' },
  ],
  bars: [{ label: 'GPU 0', capacityBytes: 8 * GIB, note: '4.0 / 8.0 GiB', segments: [{ series: 0, bytes: 4 * GIB }] }],
  ...more,
});

describe('a picture on a phone', () => {
  it('has no text below 11 points', () => {
    for (const size of Object.values(TEXT)) {
      expect((size * PHONE_POINTS) / WIDTH).toBeGreaterThanOrEqual(SMALLEST_POINTS);
    }
  });

  it('has ink that stands out from its ground, on whichever theme', () => {
    for (const ink of [PAPER.ink, PAPER.faint, PAPER.warning]) {
      expect(contrast(ink, PAPER.ground)).toBeGreaterThan(7);
    }
    for (const [name, colour] of Object.entries(COLOURS)) {
      if (name !== 'empty') {
        expect(contrast(colour, PAPER.ground), name).toBeGreaterThan(3);
      }
    }
    // Its own ground is an edge against Discord's light theme, and no glare on the dark one.
    expect(contrast(PAPER.ground, '#ffffff')).toBeGreaterThan(10);
    expect(contrast(PAPER.ground, '#313338')).toBeLessThan(1.5);
  });

  it('names in its legend only what is there', () => {
    prepareFonts();
    expect(layOutBars(spec({}), measuringContext()).legend.map(({ label }) => label)).toEqual(['weights']);
  });

  it('keeps every line within its width, in both languages', () => {
    prepareFonts();
    const context = measuringContext();
    const long =
      'hf.co/unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF:UD-Q4_K_XL · 各种量化的权重大小和最大上下文，以及其余的一切';
    for (const size of Object.values(TEXT)) {
      setFont(context, size);
      const lines = breakLines(context, long, WIDTH - 32, 2);
      expect(lines).toHaveLength(2);
      for (const line of lines) {
        expect(context.measureText(line).width).toBeLessThanOrEqual(WIDTH - 32);
      }
    }
  });
});
