// mocha's reporter `spec`, and after it the ten files that took the longest, hooks included. mocha loads it by require().
const { relative } = require('node:path')
const { reporters, Runner } = require('mocha')

const SHOWN = 10

class SlowestFiles extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    /** @type {Map<string, number>} milliseconds by file */
    this.spent = new Map()
    let began = 0
    runner.on(Runner.constants.EVENT_SUITE_BEGIN, (suite) => {
      if (isOfFile(suite)) began = Date.now()
    })
    runner.on(Runner.constants.EVENT_SUITE_END, (suite) => {
      if (isOfFile(suite)) this.spent.set(suite.file, (this.spent.get(suite.file) ?? 0) + Date.now() - began)
    })
  }

  epilogue() {
    super.epilogue()
    const slowest = [...this.spent].sort(([, one], [, other]) => other - one).slice(0, SHOWN)
    if (slowest.length > 1) reporters.Base.consoleLog('  the slowest files:')
    for (const [file, milliseconds] of slowest)
      reporters.Base.consoleLog(`  ${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${relative('.', file)}`)
    reporters.Base.consoleLog('')
  }
}

/** Suites of the first level are what a file begins with. */
function isOfFile(suite) {
  return suite.parent?.root === true && suite.file !== undefined
}

module.exports = SlowestFiles
