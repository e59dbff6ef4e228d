/** @typedef {import('./world.js').World} World */

/** What a person can do about it, and the exit code that goes with it. */
export class CannotInstall extends Error {}

/**
 * Installs Debian packages, as root or through sudo without a password. Throws CannotInstall with what to do.
 * @param {World} world
 * @param {readonly import('./requirements.js').Requirement[]} missing
 */
export async function installSystem(world, missing) {
  if (missing.length === 0) return
  const names = missing.map((requirement) => requirement.name).join(', ')
  if (!world.hasProgram('apt-get'))
    throw new CannotInstall(
      'Missing: ' + names + '. Install them with the package manager of this system, then run this again.',
    )
  const packages = missing.map((requirement) => requirement.apt)
  const prefix = await privilege(world)
  if (prefix === undefined) throw new CannotInstall(lineToRun(world, names, packages))
  world.say('Installing by apt: ' + packages.join(', '))
  const apt = async (/** @type {readonly string[]} */ words) =>
    world.run(
      [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...words],
      'apt-get ' + words[0],
    )
  for (const { before } of missing)
    if (before !== undefined && (await world.run([...prefix, ...before], before[0])) !== 0)
      throw new CannotInstall('Could not prepare the installation of ' + packages.join(', ') + ': see above.')
  const install = ['install', '-y', '--no-install-recommends', ...packages]
  // The lists of a fresh container are empty; those of an old machine may name versions that are gone.
  if (world.hasPackageLists() && (await apt(install)) === 0) return
  await apt(['update'])
  if ((await apt(install)) !== 0)
    throw new CannotInstall('apt-get could not install ' + packages.join(', ') + ': see above.')
}

/** @param {World} world @returns {Promise<readonly string[] | undefined>} */
async function privilege(world) {
  if (world.isRoot) return []
  if (world.hasProgram('sudo') && (await world.run(['sudo', '-n', 'true'])) === 0) return ['sudo', '-n']
  return undefined
}

/** @param {World} world @param {string} names @param {readonly string[]} packages */
function lineToRun(world, names, packages) {
  const line = 'apt-get update && apt-get install -y ' + packages.join(' ')
  const asRoot = world.hasProgram('sudo') ? 'sudo sh -c "' + line + '"' : 'su -c "' + line + '"'
  return 'Missing: ' + names + '. Run this line, then this command again:\n\n  ' + asRoot + '\n'
}
