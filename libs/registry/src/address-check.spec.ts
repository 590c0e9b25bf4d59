import { describe, expect, test } from '@jest/globals';
import { addressFault } from './address-check.js';

const http = (url: string) => ({ transport: 'http', url }) as const;

describe('where an instance may be called', () => {
  test('TCP, which has TLS always, and https: anywhere', () => {
    for (const mode of ['production', 'lab'] as const) {
      expect(addressFault({ transport: 'tcp', host: '10.0.0.7', port: 4000 }, mode)).toBeNull();
      expect(addressFault(http('https://words.example/participant'), mode)).toBeNull();
    }
  });

  test('plain http on the loopback interface of a lab, and nowhere else', () => {
    for (const url of ['http://127.0.0.1:4000', 'http://localhost:4000/words', 'http://[::1]:4000']) {
      expect(addressFault(http(url), 'lab')).toBeNull();
      expect(addressFault(http(url), 'production')).toContain('must be https');
    }
    for (const url of ['http://10.0.0.7:4000', 'http://127.0.0.1.example.com', 'http://localhost.example.com'])
      expect(addressFault(http(url), 'lab')).toContain('loopback');
  });
});
