import type { RddNode } from '../../lineage/node.ts'

/** The lineage, newest first, with partition counts; `+-` marks a shuffle (Spark's `toDebugString`). */
export const debugString = (node: RddNode<any>): string => linesOf(node, true).join('\n')

function linesOf(node: RddNode<any>, startsStage: boolean): string[] {
  const count = `(${node.partitions})`
  const own =
    `${startsStage ? count : ' '.repeat(count.length)} ` +
    `${node.label ?? node.kind}${node.place ? ` at ${node.place}` : ''}${node.cached ? ' [persisted]' : ''}`
  return [
    own,
    ...node.dependencies.flatMap((dependency) => {
      if (dependency.kind === 'narrow')
        return linesOf(dependency.parent, false).map((line, i) =>
          i === 0 ? line.replace(/^\s*/, (gap) => `${gap.slice(0, -1)}| `) : line,
        )
      return linesOf(dependency.parent, true).map((line, i) => `${i === 0 ? ' +-' : '   '}${line}`)
    }),
  ]
}
