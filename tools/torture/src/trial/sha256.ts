/** SHA-256 as the chains of streams are made with. */
import { hash } from 'node:crypto';
import type { Sha256Hex } from '@reborn/host-api';

export const sha256Hex: Sha256Hex = (text) => hash('sha256', text, 'hex');
