import { describe, expect, it } from 'vitest';
import { type Attachment, attachmentName, MAX_ATTACHMENT_BYTES, readAttachment } from '../../src/chat/attachment.ts';

function file(pieces: readonly Uint8Array[], change: Partial<Attachment> = {}): Attachment & { taken(): number } {
  let taken = 0;
  return {
    name: 'server.log',
    contentType: 'text/plain',
    sizeBytes: null,
    open: async () =>
      (async function* () {
        for (const piece of pieces) {
          taken += 1;
          yield piece;
        }
      })(),
    ...change,
    taken: () => taken,
  };
}
const { signal } = new AbortController();
const read = (attachment: Attachment) => readAttachment(attachment, signal);

describe('a file that somebody sends along', () => {
  it('is read as UTF-8, cut anywhere between its pieces', async () => {
    const bytes = Buffer.from('显存 11 GiB');
    expect(await read(file([bytes.subarray(0, 2), bytes.subarray(2)]))).toBe('显存 11 GiB');
  });

  it('is read as UTF-16 where its first bytes say so, as Windows shells write it', async () => {
    const text = 'llama runner';
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect(await read(file([little]))).toBe(text);
    expect(await read(file([Buffer.from(little).swap16()]))).toBe(text);
  });

  it('is refused by what the platform says of it, before anything is fetched', async () => {
    const large = file([Buffer.from('x')], { sizeBytes: MAX_ATTACHMENT_BYTES + 1 });
    await expect(read(large)).rejects.toMatchObject({ code: 'attachment-too-large' });
    const picture = file([Buffer.from('x')], { contentType: 'image/png' });
    await expect(read(picture)).rejects.toMatchObject({ code: 'attachment-not-text' });
    expect(large.taken() + picture.taken()).toBe(0);
  });

  it('is stopped in the middle where it is larger than the platform said', async () => {
    const piece = Buffer.alloc(MAX_ATTACHMENT_BYTES / 4, 'x');
    const lying = file(
      Array.from({ length: 100 }, () => piece),
      { sizeBytes: 10 },
    );
    await expect(read(lying)).rejects.toMatchObject({ code: 'attachment-too-large' });
    expect(lying.taken()).toBe(5);
  });

  it('is read up to the last byte that is allowed', async () => {
    expect(await read(file([Buffer.alloc(MAX_ATTACHMENT_BYTES, 'x')]))).toHaveLength(MAX_ATTACHMENT_BYTES);
  });

  it('is told to be no text where a byte 0 stands in it, and to be empty where nothing does', async () => {
    await expect(read(file([Buffer.from([0x50, 0x4b, 0, 4])]))).rejects.toMatchObject({ code: 'attachment-not-text' });
    await expect(read(file([Buffer.from(' \n')]))).rejects.toMatchObject({ code: 'attachment-empty' });
    await expect(read(file([]))).rejects.toMatchObject({ code: 'attachment-empty' });
  });

  it('is named without the folders before it', () => {
    expect(attachmentName({ name: '/home/alice/secret/server.log' })).toEqual({ code: 'server.log' });
    expect(attachmentName({ name: 'C:\\Users\\alice\\server.log' })).toEqual({ code: 'server.log' });
    expect(attachmentName({ name: '/' })).toEqual({ code: '?' });
  });
});
