/** Kinds of attack and of bad input, as far as they can be seen from outside. Cases name them by id. */
export const ATTACKS: Readonly<Record<string, string>> = {
  S01: 'an authorization of one user, used by another',
  S02: 'an authorization for one credential, used with another',
  S04: 'an authorization used again',
  S05: 'one authorization used on many connections at once',
  S06: 'an authorization that names no hash, where SCAL 2 asks for them',
  S07: 'a hash that nobody authorized',
  S08: 'a part of the authorized hashes now, the rest later',
  S09: 'one authorized hash signed twice',
  S11: 'a number of signatures that is wrong, or no number',
  S13: 'one hash among many that nobody authorized',
  S14: 'an authorization that has expired',
  S15: 'an authorization that was altered, cut, or never given',
  S19: 'a credential disabled between authorization and signature',
  H01: 'a hash of the wrong length',
  H02: 'two algorithms that contradict each other',
  H03: 'a signature algorithm that leaves the hash open, and no hash algorithm',
  H04: 'a hash algorithm that is too weak',
  H05: 'an algorithm of another kind of key',
  H07: 'parameters of an algorithm that are malformed or oversized',
  H08: 'a hash that is wrapped already, or not wrapped once',
  H09: 'something else in the place of a hash',
  H10: 'ECDSA signatures that are not in DER, or not minimal',
  H13: 'lists that are none, empty, nested, mixed or very long',
  H15: 'algorithm identifiers that are malformed',
  H18: 'the same random number in two ECDSA signatures',
  O01: 'guessing of a code',
  O02: 'many guesses at once',
  O05: 'a code for one act, used for another',
  O07: 'very many codes asked for',
  O08: 'codes in another type, alphabet or size',
  A07: 'parameters twice, as lists, or very long',
  A09: 'a token of another scope',
  A17: 'guessing of passwords and of user names',
  A18: "revocation of somebody else's token, or with a wrong hint",
  I01: "somebody else's credential, which must look like none",
  I02: "somebody else's list",
  I05: 'an identifier that was guessed',
  W02: 'requests that are very large, very deep or very slow',
  W04: 'a missing or wrong content type, another verb',
  C05: 'a certificate that has expired',
}

/** What a case's attack is about; the id alone for one that the list does not have. */
export function attackText(id: string): string {
  const text = ATTACKS[id]
  return text === undefined ? id : `${id}: ${text}`
}
