import swagger from '@fastify/swagger'
import { Type } from 'typebox'
import { problems, type App } from './app.ts'

/** Registered before the routes, whose schemas it collects. */
export async function collectOpenapi(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Ordermill',
        version,
        description: 'Order processing: fraud alerts, payments and exact live totals',
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    // The access that a route asks for is written once, in its config.
    transform: ({ schema, url, route }) => {
      const access = route.config?.access ?? 'operator'
      const security = access === 'open' ? [] : [{ token: [] }]
      return { schema: { ...schema, security, 'x-ordermill-role': access }, url }
    },
  })
}

export function openapiRoutes(app: App): void {
  const document = Type.Object({}, { additionalProperties: true })
  for (const [path, operationId] of [
    ['/api/openapi.json', 'openapi'],
    ['/api/v1/openapi.json', 'openapiV1'],
  ] as const) {
    const schema = {
      operationId,
      summary: 'This API as OpenAPI 3.1',
      tags: ['contract'],
      response: { 200: document, ...problems },
    }
    app.get(path, { schema, config: { access: 'viewer' } }, () => app.swagger())
  }
}
