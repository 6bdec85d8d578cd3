import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIAttachment, APIMessage } from 'discord.js';
import { describe, expect, it } from 'vitest';
import { readAttachment } from '../../src/chat/attachment.ts';
import { discordAttachment, type FetchFile, pointedMessage } from '../../src/discord/attachments.ts';

const { signal } = new AbortController();
const at = (url: string): Partial<APIAttachment> => ({ filename: 'a.log', url, size: 5, content_type: 'text/plain' });

/** A fetch that remembers what it was asked for. */
function recorder(body = 'hello', init: ResponseInit = {}): { asked: [string, RequestInit][]; fetchFile: FetchFile } {
  const asked: [string, RequestInit][] = [];
  return {
    asked,
    fetchFile: async (url, options) => {
      asked.push([url, options]);
      return new Response(body, init);
    },
  };
}

describe('a file from Discord', () => {
  it.each([
    'https://cdn.discordapp.com/attachments/1/2/a.log?ex=1&is=2&hm=3',
    'https://cdn.discordapp.com/ephemeral-attachments/1/2/a.log',
    'https://media.discordapp.net/attachments/1/2/a.log',
  ])('is fetched from %s, without following anywhere', async (url) => {
    const { asked, fetchFile } = recorder();
    expect(await readAttachment(discordAttachment(at(url), fetchFile), signal)).toBe('hello');
    expect(asked.map(([where]) => where)).toEqual([url]);
    expect(asked[0]![1]).toMatchObject({ redirect: 'error', credentials: 'omit' });
  });

  it.each([
    'http://cdn.discordapp.com/attachments/1/2/a.log',
    'https://cdn.discordapp.com.evil.example/a.log',
    'https://evil.example/cdn.discordapp.com/a.log',
    'https://cdn.discordapp.com@evil.example/a.log',
    'https://user:pass@cdn.discordapp.com/a.log',
    'https://cdn.discordapp.com:8443/a.log',
    'https://CDN.discordapp.com.:443/a.log',
    'https://xcdn.discordapp.com/a.log',
    'https://127.0.0.1/a.log',
    'https://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    'data:text/plain,hello',
    'not an address',
    '',
  ])('is not fetched from %s', async (url) => {
    const { asked, fetchFile } = recorder();
    await expect(readAttachment(discordAttachment(at(url), fetchFile), signal)).rejects.toMatchObject({
      code: 'attachment-elsewhere',
    });
    expect(asked).toEqual([]);
  });

  it('that Discord no longer has, or does not give, is told to be out of reach', async () => {
    for (const fetchFile of [
      recorder('gone', { status: 404 }).fetchFile,
      async () => {
        throw new TypeError('fetch failed');
      },
    ]) {
      const file = discordAttachment(at('https://cdn.discordapp.com/a.log'), fetchFile);
      await expect(readAttachment(file, signal)).rejects.toMatchObject({ code: 'attachment-unreachable' });
    }
  });

  it('is not followed to another host, and an endless one is cut off', async () => {
    let sent = 0;
    const server = createServer((request, response) => {
      if (request.url === '/away') {
        response.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' }).end();
        return;
      }
      const piece = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (!response.destroyed && response.write(piece)) {
          sent += piece.length;
        }
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const through =
      (path: string): FetchFile =>
      (_url, init) =>
        fetch(`${base}${path}`, init);
    const open = (path: string) =>
      readAttachment(discordAttachment(at('https://cdn.discordapp.com/a.log'), through(path)), signal);
    await expect(open('/away')).rejects.toMatchObject({ code: 'attachment-unreachable' });
    await expect(open('/endless')).rejects.toMatchObject({ code: 'attachment-too-large' });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a message that somebody points at', () => {
  it('is read with its embeds, its components and the message that it forwards, code blocks without their fences', () => {
    const message = {
      content: '```log\nllama runner terminated\n```',
      embeds: [{ title: 'Alert', description: 'out of memory', fields: [{ name: 'model', value: 'gemma3:12b' }] }],
      components: [{ type: 17, components: [{ type: 10, content: 'n_ctx = 8192' }] }],
      attachments: [at('https://cdn.discordapp.com/1.log')],
      message_snapshots: [
        { message: { content: 'forwarded words', attachments: [at('https://cdn.discordapp.com/2.log')] } },
      ],
    } as unknown as APIMessage;
    const pointed = pointedMessage(message, undefined);
    for (const part of ['llama runner terminated', 'Alert', 'out of memory', 'gemma3:12b', 'n_ctx', 'forwarded']) {
      expect(pointed.text).toContain(part);
    }
    expect(pointed.text).not.toContain('```');
    expect(pointed.attachments).toHaveLength(2);
  });

  it.each([
    ['nothing', undefined],
    [
      'null everywhere',
      { content: null, embeds: null, attachments: [null, 4], message_snapshots: [null, {}, { message: null }] },
    ],
    ['other types', { content: 7, embeds: 'x', attachments: {}, components: [[], { components: 'x' }] }],
  ])('is no fault where Discord sends %s', (_what, message) => {
    const pointed = pointedMessage(message as unknown as APIMessage, undefined);
    expect(pointed.text).toBe('');
  });

  it('that is deep or long without end is bounded', () => {
    let components: unknown = [];
    for (let i = 0; i < 10_000; i++) {
      components = [{ components, content: 'x'.repeat(100) }];
    }
    const pointed = pointedMessage({ content: 'x', components } as unknown as APIMessage, undefined);
    expect(pointed.text.length).toBeLessThan(2_000);
  });
});

it('the hosts that files come from stand in docs/security.md', () => {
  const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  for (const host of ['cdn.discordapp.com', 'media.discordapp.net']) {
    expect(page).toContain(host);
  }
});
