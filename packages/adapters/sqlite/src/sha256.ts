/** SHA-256 by the machine's own means: links of a chain are made on the way of every append. */
import { hash } from 'node:crypto';
import type { Sha256Hex } from '@reborn/host-api';

export const sha256Hex: Sha256Hex = (text) => hash('sha256', text, 'hex');
