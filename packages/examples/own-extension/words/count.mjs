// A capability in plain Node.js: one line of JSON comes in, one JSON value goes out.
import { text } from 'node:stream/consumers';

const input = JSON.parse(await text(process.stdin));
const words = input.text.split(/\s+/).filter((word) => word !== '').length;
const lines = input.text === '' ? 0 : input.text.split('\n').length;
process.stdout.write(JSON.stringify({ kind: 'completed', output: { words, lines } }));
