import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { declaredDigest } from './declared-digest.js';

const hash = createHash('sha256').update('a,b\n').digest();
const hex = hash.toString('hex');
const member = `sha-256=:${hash.toString('base64')}:`;
const other = `sha-256=:${createHash('sha256').update('x').digest('base64')}:`;

describe('a digest that is declared', () => {
  it.each([
    [undefined, undefined, undefined],
    [hex, undefined, hex],
    [hex.toUpperCase(), member, hex],
    [undefined, member, hex],
    [undefined, `sha-512=:AAAA:, ${member}`, hex],
    [undefined, `${other}, ${member}`, hex],
    [undefined, 'sha-512=:AAAA:', undefined],
    [hex, 'sha-512=:AAAA:', hex],
    [undefined, 'sha-256x=:AAAA:', undefined],
    [undefined, `${member};a=1`, hex],
    [undefined, `${member}; a="x, sha-256=:,;"; b;c=?0 ,\tunixsum=:AA==:;d=t/k`, hex],
    [undefined, member.replace(/=:$/, ':'), hex],
    [undefined, '', undefined],
  ])('query %s and header %s are %s', (query, header, expected) => {
    expect(declaredDigest(query, header)?.sha256).toBe(expected);
  });

  it('is named by where it was declared, which is what a wrong one is blamed on', () => {
    expect(declaredDigest(hex, undefined)?.field).toBe('query sha256');
    expect(declaredDigest(undefined, member)?.field).toBe('header content-digest');
  });

  it.each([
    ['abc', undefined, 'query sha256'],
    [[hex, hex], undefined, 'query sha256'],
    [undefined, 'sha-256=:AAAA:', 'header content-digest'],
    [undefined, 'sha-256', 'header content-digest'],
    [undefined, `sha-512=:AAAA:, sha-256=${hex}`, 'header content-digest'],
    [hex, other, 'header content-digest'],
    [undefined, ';;;', 'header content-digest'],
    [undefined, member.toUpperCase(), 'header content-digest'],
    [undefined, `${member},`, 'header content-digest'],
    [undefined, `, ${member}`, 'header content-digest'],
    [undefined, `${member} sha-512=:AAAA:`, 'header content-digest'],
    [undefined, `${member};A=1`, 'header content-digest'],
    [undefined, `${member};a="`, 'header content-digest'],
    [undefined, `${member}, sha-512=AAAA`, 'header content-digest'],
    [undefined, `${member}, sha-512`, 'header content-digest'],
    [hex, 'nonsense', 'header content-digest'],
  ])('query %s and header %s are refused', (query, header, field) => {
    const refused = { failure: expect.objectContaining({ code: 'invalid_request', field }) };
    expect(() => declaredDigest(query, header)).toThrow(expect.objectContaining(refused));
  });
});
