import type { Config } from '../config.ts'
import type { FraudRules } from '../domain/fraud.ts'

export function fraudRulesOf(config: Config): FraudRules {
  return {
    highAmount: config.fraudHighAmount,
    highAmountByCurrency: config.fraudHighAmountByCurrency,
    homeCountries: new Set(config.fraudHomeCountries),
  }
}
