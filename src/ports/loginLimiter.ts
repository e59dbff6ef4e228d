export type LoginAllowance = 'allowed' | 'account_limited' | 'address_limited'

/** Counts login attempts of an account and of an address before they are evaluated; a success gives its own back. */
export interface LoginLimiter {
  attempt(username: string, address: string): Promise<LoginAllowance>
  succeeded(username: string, address: string): Promise<void>
}
