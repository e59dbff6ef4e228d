import { build, buildIsCurrent } from './build.js'
import { nodeProblem } from './checkNode.js'
import { installPackages, packagesAreCurrent } from './installPackages.js'
import { CannotInstall, installSystem } from './installSystem.js'
import { missingRequirements } from './requirements.js'

/** Something that a person has to do first. */
const NEEDS_A_PERSON = 2

/**
 * Installs what is missing and builds what is stale; says nothing when there is nothing to do. Answers the exit code.
 * @param {import('./world.js').World} world
 * @param {{ version: string, range: string }} node
 * @param {{ tests: boolean }} [purpose] what only the tests need is installed for them alone
 * @returns {Promise<number>}
 */
export async function bootstrap(world, node, { tests } = { tests: false }) {
  const problem = nodeProblem(node.version, node.range)
  if (problem !== undefined) {
    world.say(problem)
    return NEEDS_A_PERSON
  }
  try {
    const current = packagesAreCurrent(world)
    await installSystem(world, missingRequirements(world, { compiles: !current, tests }))
    if (!current && !(await installPackages(world))) return 1
  } catch (error) {
    if (!(error instanceof CannotInstall)) throw error
    world.say(error.message)
    return NEEDS_A_PERSON
  }
  return buildIsCurrent(world.root) || (await build(world)) ? 0 : 1
}
