import { createRequire } from 'node:module'
import { constants } from 'node:os'

/**
 * The only place that loads the SDK, whose types may be imported anywhere in this adapter.
 *
 * Its addon brings a C++ standard library of its own, as Node does, and the linker gives it Node's where both have a
 * symbol. With Node 24 that ends the process (SIGABRT, "free(): invalid pointer") as soon as the SDK matches a regular
 * expression, as it does for error 5000 of a query: one that any client's filter may get. RTLD_DEEPBIND lets the addon
 * find its own symbols first. `test/adapters/couchbase/search.test.ts` shows it: where it passes without, this can go.
 *
 * @see https://github.com/nodejs/node/issues/57639, https://github.com/couchbase/couchbase-cxx-client/pull/953
 */
function loadDriver(): typeof import('couchbase') {
  const dlopen = process.dlopen.bind(process)
  // Elsewhere than on Linux the second is undefined, which counts as 0.
  const { RTLD_LAZY, RTLD_DEEPBIND } = constants.dlopen
  process.dlopen = (module, file) => dlopen(module, file, RTLD_LAZY | RTLD_DEEPBIND)
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what require gives has no type
    return createRequire(import.meta.url)('couchbase') as typeof import('couchbase')
  } finally {
    process.dlopen = dlopen
  }
}

export const {
  connect,
  DurabilityLevel,
  LookupInSpec,
  QueryScanConsistency,
  AmbiguousTimeoutError,
  AuthenticationFailureError,
  BucketNotFoundError,
  CasMismatchError,
  CollectionExistsError,
  CouchbaseError,
  DocumentExistsError,
  DocumentNotFoundError,
  DurabilityAmbiguousError,
  DurabilityImpossibleError,
  DurabilityLevelNotAvailableError,
  EncodingFailureError,
  FeatureNotAvailableError,
  IndexFailureError,
  IndexNotFoundError,
  InvalidArgumentError,
  PathNotFoundError,
  PlanningFailureError,
  RequestCanceledError,
  ScopeExistsError,
  ScopeNotFoundError,
  ServiceNotAvailableError,
  TimeoutError,
  UnsupportedOperationError,
  ValueTooLargeError,
} = loadDriver()
