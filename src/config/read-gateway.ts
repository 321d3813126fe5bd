import { gatewaySettings } from './gateway-settings.ts'
import { Sealed } from './sealed.ts'
import { invalid, readSettings, type Environment } from './setting.ts'

/** `origin` is for people: path and query may hold a key. */
export type GatewayConfig = Readonly<{ origin: string; access: Sealed<GatewayAccess> }>
/** `token` is empty where there is none. */
export type GatewayAccess = Readonly<{ url: string; token: string }>

/**
 * The payment gateway that the environment names; undefined when it names none, and the simulated one is meant.
 *
 * @throws {OrdermillError} CONFIG_INVALID for what is malformed, or for a token without a gateway; neither is told
 */
export function readGateway(environment: Environment): GatewayConfig | undefined {
  const { url, token } = readSettings(gatewaySettings, environment)
  const name = gatewaySettings.token.name
  if (url === '') {
    if (token !== '') throw invalid(`${name} is set without ${gatewaySettings.url.name}: set both, or unset it`)
    return undefined
  }
  if (!/^[!-~]*$/.test(token)) throw invalid(`${name} holds what no header may: a space, or what is not ASCII`)
  return { origin: new URL(url).origin, access: new Sealed({ url, token }) }
}
