/**
 * Who may import whom: the layers of ARCHITECTURE.md. Type imports count like any others.
 */

const layers = {
  errors: [],
  domain: ['errors'],
  ports: ['domain', 'errors'],
  codec: ['ports', 'domain', 'errors'],
  telemetry: ['ports', 'domain', 'errors'],
  pipeline: ['ports', 'codec', 'domain', 'errors', 'telemetry'],
  services: ['pipeline', 'ports', 'codec', 'domain', 'errors', 'telemetry'],
  operations: ['services', 'pipeline', 'ports', 'codec', 'domain', 'errors', 'telemetry'],
  api: ['operations', 'ports', 'codec', 'domain', 'errors', 'telemetry'],
  config: ['domain', 'errors'],
  engine: ['compose', 'operations', 'config', 'telemetry', 'ports', 'domain', 'errors'],
  compose: 'adapters services operations pipeline api engine telemetry config codec ports domain errors'.split(' '),
  cli: ['compose', 'engine', 'ports', 'config', 'codec', 'domain', 'errors', 'telemetry'],
  main: ['cli', 'compose', 'config', 'codec', 'domain', 'errors', 'telemetry'],
}

/** Packages and built-in modules that only one place may import. */
const owners = [
  { what: '^(node:)?sqlite$', where: ['adapters/sqlite'] },
  { what: '(^|/)node_modules/couchbase/', where: ['adapters/couchbase'] },
  { what: '(^|/)node_modules/@platformatic/kafka/', where: ['adapters/kafka'] },
  { what: '^(node:)?worker_threads$', where: ['engine', 'compose'] },
  { what: '(^|/)node_modules/(fastify|@fastify|csv-stringify)/', where: ['api'] },
  { what: '(^|/)node_modules/(prom-client|pino|pino-pretty)/', where: ['telemetry'] },
  { what: '(^|/)node_modules/(@types/)?(commander|csv-parse|cli-progress)/', where: ['cli'] },
]

/** A layer is a file or a folder: `src/config.ts` or `src/config/`. */
const pathOf = (names) => `^src/(${names.join('|')})(/|\\.ts$)`

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `${layer}-imports`,
  comment: `src/${layer} imports itself${allowed.map((name) => `, ${name}`).join('')}; no other layer`,
  severity: 'error',
  from: { path: pathOf([layer]) },
  to: { path: '^src/', pathNot: pathOf([layer, ...allowed]) },
}))

const ownerRules = owners.map(({ what, where }) => ({
  name: `only-in-${where.join('-and-').replaceAll('/', '-')}`,
  comment: `Imported in ${where.map((folder) => `src/${folder}`).join(' and ')} alone`,
  severity: 'error',
  from: { path: '^src/', pathNot: pathOf(where) },
  to: { path: what },
}))

const adapterRules = [
  {
    name: 'adapters-are-strangers',
    comment: 'An adapter imports ports, domain, errors, what all stores have in common, and itself',
    severity: 'error',
    from: { path: '^src/adapters/([^/]+)/', pathNot: '^src/adapters/(memory|sqlite)/' },
    to: { path: '^src/', pathNot: ['^src/adapters/($1|store)/', pathOf(['ports', 'domain', 'errors'])] },
  },
  {
    name: 'adapters-share-in-process',
    comment: 'memory and sqlite share the log’s kernel too, adapters/in-process; that is the only exception',
    severity: 'error',
    from: { path: '^src/adapters/(memory|sqlite)/' },
    to: { path: '^src/', pathNot: ['^src/adapters/($1|in-process|store)/', pathOf(['ports', 'domain', 'errors'])] },
  },
  {
    name: 'no-loose-adapter-file',
    comment: 'Every adapter has a folder of its own',
    severity: 'error',
    from: { path: '^src/adapters/[^/]+$' },
    to: {},
  },
]

const fromOutsideRules = [
  {
    name: 'no-unknown-layer',
    comment: 'A new folder or file in src/ needs a line in the table of layers',
    severity: 'error',
    from: { path: '^src/', pathNot: pathOf([...Object.keys(layers), 'adapters']) },
    to: {},
  },
  {
    name: 'src-stands-alone',
    comment: 'Production code knows nothing of tests, benchmarks, scripts and the page',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^(test|bench|scripts|dashboard)/' },
  },
  {
    name: 'domain-is-pure',
    comment: 'The domain has no I/O, clock or randomness: no built-in modules, no packages',
    severity: 'error',
    from: { path: pathOf(['domain']) },
    to: { pathNot: '^src/' },
  },
  {
    name: 'dashboard-sees-the-contract-only',
    comment: 'The page knows the HTTP API and nothing else',
    severity: 'error',
    from: { path: '^dashboard/src/' },
    to: { path: '^(src|test|bench|scripts)/', pathNot: '^src/api/contract(\\.ts$|/)' },
  },
  {
    name: 'dashboard-sees-types-only',
    comment: 'Types of the contract; its schemas would pull a validator into the page',
    severity: 'error',
    from: { path: '^dashboard/src/' },
    to: { path: '^src/api/contract(\\.ts$|/)', dependencyTypesNot: ['type-only'] },
  },
]

const generalRules = [
  { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'no-orphan',
    comment: 'Imports nothing and is imported by nothing',
    severity: 'error',
    from: { orphan: true, path: '^(src|dashboard/src)/', pathNot: ['^src/main\\.ts$', '\\.d\\.ts$'] },
    to: {},
  },
  { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'no-undeclared-package',
    comment: 'A package that is imported is in package.json',
    severity: 'error',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'no-dev-package-in-src',
    comment: 'The server runs with `npm ci --omit=dev`',
    severity: 'error',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
]

export default {
  forbidden: [...layerRules, ...adapterRules, ...ownerRules, ...fromOutsideRules, ...generalRules],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dashboard/dist|coverage|data|\\.cache)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    builtInModules: { add: ['node:sqlite', 'sqlite', 'node:test', 'node:test/reporters', 'node:sea'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
