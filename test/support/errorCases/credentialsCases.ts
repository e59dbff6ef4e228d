import { newHashes } from '../samActs.ts'
import { base64, otpFor } from '../service.ts'
import { factorsAs, hashName, type CasesByMethod, type ErrorSite } from './errorSite.ts'

/** The rows of credentials/*. */
export function credentialsCases(site: ErrorSite): CasesByMethod {
  return {
    'credentials/list': { 'page-token-invalid': (row) => site.send(row, { pageToken: 'x' }) },
    'credentials/authorize': {
      'key-disabled': async (row) => {
        const account = await site.suspended()
        return site.send(row, site.authorization(row, account), { token: account.token })
      },
      'number-missing': (row) =>
        site.send(row, site.authorization(row, site.ada, { numSignatures: undefined })),
      'number-below-one': (row) => site.send(row, site.authorization(row, site.ada, { numSignatures: 0 })),
      'number-too-high': (row) => site.send(row, site.authorization(row, site.ada, { numSignatures: 201 })),
      'otp-invalid': (row) =>
        site.send(
          row,
          site.authorization(row, site.ada, factorsAs(row, { OTP: '00000000', PIN: site.ada.signer.pin })),
        ),
      'factor-wrong': (row) =>
        site.send(
          row,
          site.authorization(row, site.ada, factorsAs(row, { OTP: '00000000', PIN: site.ada.signer.pin })),
        ),
      'pin-invalid': async (row) => {
        const hashes = newHashes(1)
        const factors = factorsAs(row, {
          OTP: await otpFor(site.service, site.ada, hashes),
          PIN: 'wrong-pin',
        })
        return site.send(
          row,
          site.authorization(row, site.ada, { ...factors, [hashName(row)]: base64(hashes) }),
        )
      },
      'pin-locked': async (row) => {
        const account = await site.withLockedPin()
        const factors = { PIN: account.signer.pin }
        return site.send(row, site.authorization(row, account, factors), { token: account.token })
      },
      'otp-locked': async (row) => {
        const account = await site.withLockedOtp()
        return site.send(row, site.authorization(row, account, { OTP: '1' }), { token: account.token })
      },
      locked: async (row) => {
        const account = await site.withLockedOtp()
        const factors = factorsAs(row, { OTP: '00000000' })
        return site.send(row, site.authorization(row, account, factors), { token: account.token })
      },
    },
    'credentials/sendOTP': {
      'otp-locked': async (row) => {
        const account = await site.withLockedOtp()
        return site.send(row, { credentialID: account.credentialID }, { token: account.token })
      },
    },
    'credentials/getChallenge': {
      'object-invalid': (row) =>
        site.send(row, { credentialID: site.ada.credentialID, authObjectID: 'FINGER' }),
    },
    'credentials/authorizeCheck': {
      'handle-invalid': (row) => site.send(row, { handle: 'nobodys' }),
      'factor-wrong': () => site.checkedLater({ OTP: '00000000' }),
      locked: () => site.checkedLater({ OTP: '00000000' }, 5),
    },
  }
}
