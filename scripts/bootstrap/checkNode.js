/** @typedef {readonly number[]} Version */

/** @param {string} text @returns {Version} */
function versionOf(text) {
  return text.replace(/^v/, '').split('.').map(Number)
}

/** @param {Version} a @param {Version} b */
function compare(a, b) {
  for (let place = 0; place < 3; place += 1) {
    const difference = (a[place] || 0) - (b[place] || 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** @param {Version} version @param {string} comparator such as `>=20.19` or `<21` */
function meets(version, comparator) {
  const found = /^(>=|<)(\d+(?:\.\d+)*)$/.exec(comparator)
  if (found === null)
    throw new Error('engines.node holds a comparator that the bootstrap does not know: ' + comparator)
  const difference = compare(version, versionOf(found[2]))
  return found[1] === '>=' ? difference >= 0 : difference < 0
}

/**
 * One sentence if this Node is not in the range of package.json's `engines`, else undefined.
 * @param {string} version such as `v20.20.2`
 * @param {string} range comparators joined by spaces, alternatives joined by `||`
 * @returns {string | undefined}
 */
export function nodeProblem(version, range) {
  const fits = range.split('||').some((alternative) =>
    alternative
      .trim()
      .split(/\s+/)
      .every((comparator) => meets(versionOf(version), comparator)),
  )
  if (fits) return undefined
  return (
    'Chancery needs Node ' +
    range.replace('||', 'or') +
    ', and this is Node ' +
    version.replace(/^v/, '') +
    '.'
  )
}
