// Test program: a whole server with the settings of its environment, which tests kill: from its sources, or as it is
// built with the argument `built`. Prints its address on standard output.
const program = process.argv[2] === 'built' ? 'dist/bundle/server.js' : 'src/server.ts';
const { loadConfig, startParley, createLogger } = await import(
  new URL(`../../${program}`, import.meta.url).href
);

// The test may be gone before it could end this process.
process.stdin.resume().on('end', () => process.exit(1));
const loaded = loadConfig(process.env);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const log = createLogger(process.env.PARLEY_TEST_LOG ?? 'silent');
const { address } = await startParley(loaded.config, log);
console.log(address);
