import type { FactorKind } from '../domain/credential.ts'
import { chooseLanguage } from '../domain/language.ts'

/** What a signature application shows its user when it asks for the factors. */
export interface Labels {
  readonly language: string
  readonly factors: Readonly<Record<FactorKind, string>>
  /** Where a code comes from. */
  sentTo(destination: string): string
}

const LABELS: Readonly<Record<string, Omit<Labels, 'language'>>> = {
  en: {
    factors: { pin: 'PIN', otp: 'Code from the message', totp: 'Code from the authenticator app' },
    sentTo: (destination) => `Sent to ${destination}`,
  },
  da: {
    factors: { pin: 'PIN-kode', otp: 'Kode fra beskeden', totp: 'Kode fra godkendelsesappen' },
    sentTo: (destination) => `Sendt til ${destination}`,
  },
  de: {
    factors: { pin: 'PIN', otp: 'Code aus der Nachricht', totp: 'Code aus der Authentifizierungs-App' },
    sentTo: (destination) => `Gesendet an ${destination}`,
  },
  fr: {
    factors: {
      pin: 'Code PIN',
      otp: 'Code reçu par message',
      totp: "Code de l'application d'authentification",
    },
    sentTo: (destination) => `Envoyé à ${destination}`,
  },
}

const LANGUAGES = Object.keys(LABELS)

/** In the language that was asked for; else in the service's own; else in English. */
export function labelsFor(requested: string | undefined, own: string): Labels {
  const language = chooseLanguage(requested, LANGUAGES, chooseLanguage(own, LANGUAGES, 'en'))
  const labels = LABELS[language]
  if (labels === undefined) throw new Error('a language without labels')
  return { language, ...labels }
}

/** `description` of a factor, where its code is sent. */
export function sentTo(labels: Labels, destination: string): { readonly description?: string } {
  return destination === '' ? {} : { description: labels.sentTo(destination) }
}
