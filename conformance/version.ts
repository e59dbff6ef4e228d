/** Of the suite; that of package.json. */
export const SUITE_VERSION = '0.1.0'
