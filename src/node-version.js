// @ts-check
// Plain JavaScript, and the first import of every entry, so that an older Node can run it and say one clear line
// instead of failing on syntax or on a missing built-in. Keep the numbers equal to "engines" in package.json.

const oldest = { major: 22, minor: 18 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < oldest.major || (major === oldest.major && minor < oldest.minor)) {
  process.stderr.write(
    `This needs Node ${oldest.major}.${oldest.minor} or newer; this is ${process.version} (${process.execPath}).\n`,
  );
  process.exit(1);
}
