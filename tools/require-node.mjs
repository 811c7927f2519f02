// Refuses a Node.js that the workspace was not made for, in one sentence that says what to do.
// Plain JavaScript of the oldest kind: it has to run on exactly the versions that it refuses.
const [major, minor] = process.versions.node.split('.').map(Number);
const supported = major === 22 ? minor >= 22 : major > 22;
if (!supported) {
  console.error(
    'Reborn needs Node.js 22.22 or newer and this is ' +
      process.versions.node +
      '. Run `npm ci` in the top folder (on Linux it brings Node.js 24 with it) and start everything through `npm run ...`; elsewhere install Node.js 24.',
  );
  process.exit(1);
}
