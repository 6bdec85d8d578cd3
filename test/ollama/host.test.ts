import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OllamaError } from '../../src/ollama/errors.ts';
import { parseOllamaHost } from '../../src/ollama/host.ts';

describe('parseOllamaHost', () => {
  // the cases of Ollama's own envconfig/config_test.go, and what a client makes of them
  it.each([
    ['', 'http://127.0.0.1:11434'],
    ['1.2.3.4', 'http://1.2.3.4:11434'],
    [':1234', 'http://127.0.0.1:1234'],
    ['1.2.3.4:1234', 'http://1.2.3.4:1234'],
    ['example.com', 'http://example.com:11434'],
    ['example.com:1234', 'http://example.com:1234'],
    [':66000', 'http://127.0.0.1:11434'],
    [':-1', 'http://127.0.0.1:11434'],
    ['[::1]', 'http://[::1]:11434'],
    ['::1', 'http://[::1]:11434'],
    ['[::1]:1337', 'http://[::1]:1337'],
    [' 1.2.3.4 ', 'http://1.2.3.4:11434'],
    ['http://1.2.3.4', 'http://1.2.3.4:80'],
    ['https://1.2.3.4', 'https://1.2.3.4:443'],
    ['https://1.2.3.4:1234', 'https://1.2.3.4:1234'],
    ['https://example.com/ollama', 'https://example.com:443/ollama'],
    ['https://example.com:1234/a/b/', 'https://example.com:1234/a/b'],
    ['example.com/ollama', 'http://example.com:11434/ollama'],
    ['ollama.com', 'https://ollama.com:443'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
    ['[::]', 'http://[::1]:11434'],
    ['http://[::]:8080', 'http://[::1]:8080'],
    ['HTTP://GPU-01', 'http://gpu-01:80'],
    // The rest of Ollama's own table, and its rules one by one.
    ['"1.2.3.4"', 'http://1.2.3.4:11434'],
    [' "http://1.2.3.4:9999" ', 'http://1.2.3.4:9999'],
    ["'1.2.3.4'", 'http://1.2.3.4:11434'],
    ['[::1]:', 'http://[::1]:11434'],
    ['[::1', 'http://[::1]:11434'],
    ['::1]', 'http://[::1]:11434'],
    ['[1.2.3.4]', 'http://1.2.3.4:11434'],
    ['2001:db8::5', 'http://[2001:db8::5]:11434'],
    ['https://[2001:db8::5]', 'https://[2001:db8::5]:443'],
    ['http://', 'http://127.0.0.1:80'],
    ['https://', 'https://127.0.0.1:443'],
    ['http://:8080', 'http://127.0.0.1:8080'],
    ['example.com:', 'http://example.com:11434'],
    ['example.com:ollama', 'http://example.com:11434'],
    ['http://example.com:66000', 'http://example.com:80'],
    ['https://example.com:-1', 'https://example.com:443'],
    ['example.com:0', 'http://example.com:0'],
    ['example.com:+80', 'http://example.com:80'],
    ['example.com/', 'http://example.com:11434'],
    ['/ollama', 'http://127.0.0.1:11434/ollama'],
    [':80/ollama/v1/', 'http://127.0.0.1:80/ollama/v1'],
    ['https://ollama.com', 'https://ollama.com:443'],
    // A number alone can only be meant as a port.
    ['12400', 'http://127.0.0.1:12400'],
    ['"8080"', 'http://127.0.0.1:8080'],
    ['70000', 'http://127.0.0.1:11434'],
  ])('reads %j as %s', (setting, baseUrl) => {
    expect(parseOllamaHost(setting).baseUrl).toBe(baseUrl);
  });

  it.each([
    ['localhost', true],
    ['127.0.0.5', true],
    ['[::1]:80', true],
    ['0.0.0.0', true],
    ['gpu-01', false],
    ['10.0.0.1', false],
  ])('knows whether %s is this machine: %s', (setting, loopback) => {
    expect(parseOllamaHost(setting).loopback).toBe(loopback);
  });

  it('takes credentials out of the address', () => {
    const host = parseOllamaHost('https://me:p%40ss@gpu.example.org/x');
    expect(host.baseUrl).toBe('https://gpu.example.org:443/x');
    expect(host.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });

  it.each(['ftp://1.2.3.4', 'file:///etc/passwd', 'a b', 'http://exa mple', 'host?x=1', 'host#x', 'a:b:c', '1:2:3'])(
    'refuses %j by name',
    (setting) => {
      expect(() => parseOllamaHost(setting)).toThrow(expect.objectContaining({ code: 'bad-host' }));
    },
  );

  it('answers an http(s) address or bad-host, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (setting) => {
        try {
          expect(parseOllamaHost(setting).baseUrl).toMatch(/^https?:\/\/[^/]+:\d+/);
        } catch (error) {
          expect(error).toBeInstanceOf(OllamaError);
        }
      }),
    );
  });
});
