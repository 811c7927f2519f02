/** The packages of a host, for people: what each is, what its operator made of it, and why it is not there. */
import { QUARANTINE, type ExtensionStanding } from '@reborn/reborn';
import type { Line } from './style.ts';

export function extensionLines(extensions: readonly ExtensionStanding[]): readonly Line[] {
  return extensions.flatMap((extension) => [
    { label: 'extension', text: headOf(extension), tone: extension.quarantine === undefined ? 'good' : 'bad' },
    ...(extension.quarantine === undefined ? [] : [below(whyOf(extension.quarantine))]),
    ...(extension.digest === undefined ? [] : [below(extension.digest)]),
    ...(extension.capabilities.length === 0 ? [] : [below(offerOf(extension))]),
  ]);
}

function headOf({ name, id, version, trust, requestedTrust, quarantine }: ExtensionStanding): string {
  const what = id === undefined ? '' : `, ${id} ${version ?? ''}`;
  const wish = requestedTrust === undefined ? '' : ` (it asks to be ${requestedTrust})`;
  return `${name}${what}: ${quarantine === undefined ? `${trust}${wish}` : 'IN QUARANTINE'}`;
}

function whyOf({ code, at, rule }: NonNullable<ExtensionStanding['quarantine']>): string {
  const where = [at, rule].filter((part) => part !== undefined).join(' ');
  return `${code}: ${QUARANTINE[code]}${where === '' ? '' : ` (${where})`}`;
}

function offerOf({ capabilities, effects, secrets }: ExtensionStanding): string {
  const needs = secrets.length === 0 ? '' : `, with the secrets ${secrets.join(', ')}`;
  return `offers ${capabilities.join(', ')}, which may ${effects.join(', ')}${needs}`;
}

function below(text: string): Line {
  return { label: '', text, tone: 'plain' };
}
