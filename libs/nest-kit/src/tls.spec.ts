import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { TestAuthority } from './testing/index.js';
import { identityOf } from './tls.js';

const named = (subjectaltname: string | undefined) => identityOf({ subjectaltname } as never);

describe('the identity in a certificate', () => {
  it('is one service and its realms', () => {
    expect(named('URI:intendant://service/content')).toEqual({ service: 'content', realms: [] });
    expect(
      named(
        'DNS:a.example, URI:intendant://realm/content, IP Address:127.0.0.1, URI:intendant://service/content, URI:intendant://realm/insights',
      ),
    ).toEqual({
      service: 'content',
      realms: ['content', 'insights'],
    });
  });

  it.each<[string, string | undefined]>([
    ['no names', undefined],
    ['an empty list', ''],
    ['no service', 'DNS:content, URI:intendant://realm/content'],
    ['two services', 'URI:intendant://service/x, URI:intendant://service/y'],
    ['the same service twice', 'URI:intendant://service/x, URI:intendant://service/x'],
    ['a service in another kind of name', 'DNS:intendant://service/x'],
    ['an empty service', 'URI:intendant://service/'],
    ['a service with a path', 'URI:intendant://service/x/y'],
    ['another scheme', 'URI:https://service/x'],
    ['a quoted URI that holds two', 'URI:"intendant://service/x, URI:intendant://service/y"'],
    ['a quoted URI with a service in its middle', 'URI:"http://a, URI:intendant://service/runtime, URI:b"'],
    ['a quoted URI with escapes', 'URI:"http://a\\", URI:intendant://service/runtime, URI:\\"b"'],
    ['a quote that does not end', 'URI:"intendant://service/x'],
    ['a realm that is none', 'URI:intendant://service/x, URI:intendant://realm/A-B'],
    ['no list', 'intendant://service/x'],
  ])('is nobody: %s', (_name, names) => {
    expect(named(names)).toBeNull();
  });

  it('passes over a quoted name that is not ours', () => {
    expect(named('URI:"http://a, b", URI:intendant://service/x')).toEqual({ service: 'x', realms: [] });
  });
});

describe('the identity in a real certificate', () => {
  let authority: TestAuthority;
  beforeAll(async () => {
    authority = await TestAuthority.create();
  });
  const identityFor = async (...uris: string[]) => {
    const { cert } = await authority.issueFor(uris);
    return identityOf({ subjectaltname: new X509Certificate(cert).subjectAltName } as never);
  };

  it('is read', async () => {
    expect(await identityFor('intendant://service/content', 'intendant://realm/content')).toEqual({
      service: 'content',
      realms: ['content'],
    });
  });

  it.each([
    'intendant://service/evil, URI:intendant://service/runtime, URI:x',
    'http://evil, URI:intendant://service/runtime',
    'http://evil", URI:intendant://service/runtime, URI:"x',
    'http://evil\u0000, URI:intendant://service/runtime',
    'intendant://service/runtime\u0000evil',
    'intendant://service/runtime,evil',
  ])('cannot be smuggled in: %j', async (uri) => {
    expect(await identityFor(uri)).toBeNull();
  });
});
