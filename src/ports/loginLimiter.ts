export type LoginAllowance =
  | { readonly kind: 'allowed' | 'account_limited' }
  /** `retryAfterSeconds`: when the address may try again; whole, at least 1. */
  | { readonly kind: 'address_limited'; readonly retryAfterSeconds: number }

/** Counts login attempts of an account and of an address before they are evaluated; a success gives its own back. */
export interface LoginLimiter {
  attempt(username: string, address: string): Promise<LoginAllowance>
  succeeded(username: string, address: string): Promise<void>
}
