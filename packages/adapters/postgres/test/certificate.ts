/**
 * Certificates for tests of TLS, made of nothing but Node.js: an authority and what it signs. X.509 is written out here as
 * far as these need it.
 *
 * Source: RFC 5280.
 */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface Authority {
  /** PEM. */
  readonly certificate: string;
  issue(names: readonly string[], validMs?: { readonly from: number; readonly to: number }): Issued;
}

export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  basicConstraints: '551d13',
  alternativeName: '551d11',
};

export function createAuthority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const usual = { from: Date.now() - DAY_MS, to: Date.now() + DAY_MS };
  const isAuthority = extension(OID.basicConstraints, sequence(tagged(0x01, Buffer.of(0xff))), true);
  const make = (subject: string, key: KeyObject, validMs: typeof usual, extra: Buffer): string =>
    toPem('CERTIFICATE', signed(toBeSigned({ issuer: name, subject, key, validMs, extra }), privateKey));
  return {
    certificate: make(name, publicKey, usual, isAuthority),
    issue: (names, validMs = usual) => {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const alternatives = names.map((each) => tagged(0x82, Buffer.from(each, 'ascii')));
      const extra = extension(OID.alternativeName, sequence(...alternatives), false);
      return {
        certificate: make(names[0] ?? 'nobody', own.publicKey, validMs, extra),
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

interface Content {
  readonly issuer: string;
  readonly subject: string;
  readonly key: KeyObject;
  readonly validMs: { readonly from: number; readonly to: number };
  readonly extra: Buffer;
}

function toBeSigned({ issuer, subject, key, validMs, extra }: Content): Buffer {
  return sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    sequence(oid(OID.ecdsaWithSha256)),
    toName(issuer),
    sequence(toTime(validMs.from), toTime(validMs.to)),
    toName(subject),
    key.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(extra)),
  );
}

function signed(content: Buffer, key: KeyObject): Buffer {
  const signature = sign('sha256', content, key);
  return sequence(content, sequence(oid(OID.ecdsaWithSha256)), tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
}

function toName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(oid(OID.commonName), tagged(0x0c, Buffer.from(name)))));
}

function toTime(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return tagged(0x18, Buffer.from(text, 'ascii'));
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  return sequence(oid(id), ...(critical ? [tagged(0x01, Buffer.of(0xff))] : []), tagged(0x04, value));
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
