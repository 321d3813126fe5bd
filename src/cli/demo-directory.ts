/** The demonstration's data is here, below the data directory: it never mixes with real orders. */
export const demoDirectory = 'demo'
