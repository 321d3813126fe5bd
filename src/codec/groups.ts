/** The groups that read every order, by CONTRACT. */
export const orderGroups = { fraud: 'fraud-group', payment: 'payments-group', analytics: 'analytics-group' } as const

export const viewsGroup = 'views-group'

/** Carries out what operators ask for. */
export const operationsGroup = 'operations-group'
