export type Command =
  | 'plan'
  | 'run'
  | 'dev'
  | 'create'
  | 'simulate'
  | 'offline'
  | 'outputs'
  | 'dead'
  | 'graph'
  | 'status'
  | 'pause'
  | 'resume'
  | 'down'
  | 'doctor'
  | 'state'
  | 'verify'
  | 'explain'

/** One screen each, with two examples. */
export const helpOf = (command: Command): string => pages[command]

export const overview = (): string => `sluice: streaming in small batches, in TypeScript

  create <name>      a new project that runs at once
  dev [file]         run a program, and again whenever it changes
  run <file>         run a program
  simulate <file>    run a program under random faults
  offline [file]     run a program as deployed, with what stands in for AWS on this machine
  status <dir>       how an app is, in one sentence
  pause, resume <dir>  keep an app from beginning batches, and let it go on
  outputs <what> <dir>  what outputs have not delivered, and what is to become of it
  dead <what> <dir>  look at records that were set aside, and have them tried again
  graph <file>       what a program consists of, without running it
  state <dir>        what operators keep: sizes, keys, one key
  verify <dir>       check what earlier runs have written
  doctor             whether a stage is set up so that nothing is lost
  down               let a stage rest, or delete it with what it holds
  plan               what a deploy would do to what is stored, and what it costs
  explain <code>     what an error code means

  Where it says <dir>, --stage <name> looks at an app on AWS.

  sluice <command> --help     options and examples
  sluice --version

Examples
  sluice create clicks
  sluice run word-count.ts localhost 9999
`

const stageOptions = [
  '  --stage <name>     a stage on AWS instead of a directory; region and credentials as AWS_REGION, AWS_PROFILE and',
  '                     so on say, and AWS_ENDPOINT_URL for an emulator',
  '  --table, --bucket <name>  its table and bucket, where there is no serverless.yml to ask',
].join('\n')

const pages: Record<Command, string> = {
  run: `sluice run <file> [words…] [options] [-- words…]

Runs a program: one that exports an app(…), or one that makes a StreamingContext and starts it. The words are its
process.argv[2] and on. What it prints goes to stdout, what sluice says to stderr.

  --dir <dir>        keep state in this directory and go on from it (also: SLUICE_DIR)
  --fresh            begin anew, even if the directory holds an earlier run
  --batches <n>      stop after n batches
  --workers <n>      run tasks in n threads; 0 (default): in this one
  --json             one JSON object per line on stdout, nothing else
  --verbose          errors with their stacks
  --resume           go on after a halt
  --skip-missed      after a break, one batch takes what was missed, instead of a batch for each missed time
  --drop-state <uids>  give up the state of these operators, and the positions of these sources, if the program has
                     no place for them any more
  --                 what follows is for the program, even if it looks like an option

Examples
  sluice run word-count.ts localhost 9999
  sluice run src/app.ts --dir .sluice --batches 10

^C finishes the batch and exits with 0; a second ^C quits at once with 130.
`,
  dev: `sluice dev [file] [words…] [options] [-- words…]

Runs a program (src/app.ts if none is named), watches the files it consists of, and runs it again when one changes.
State stays, so the new code goes on where the old one stopped, or says what it has no place for.

  --dir <dir>        keep state in this directory (default: .sluice)
  --fresh            begin anew
  --workers <n>      run tasks in n threads; 0 (default): in one
  --verbose          errors with their stacks
  --drop-state <uids>  as for sluice run
  --skip-missed      as for sluice run; without it, what caught-up batches print is counted and not shown
  --source <choices> what is read for sources: clicks=clicks.ndjson, clicks=demo or clicks=real, with commas between;
                     without a choice a source gives way to its demo, if it has one
  --outputs <where>  real: sinks get what they would get anywhere else; print: it is printed here. Without it, what
                     comes of a demo or a file is printed

Keys: h help, r run again, f begin anew where state does not fit, p prints on or off, v stacks on or off, q finish the
batch and quit. Where the project has TypeScript and a tsconfig.json, type errors are shown beside the run.

Examples
  sluice dev
  sluice dev src/app.ts --fresh
`,
  create: `sluice create <name> [--template <template>]

Makes the folder <name> with a project that runs at once: a program, its data, and a test. Refuses to write where
something is.

  --template clicks      counts clicks per page, of clicks that it makes up (the default)
  --template log-alerts  reads log files as they appear, and tells which service has many errors
  --template sessions    follows each user, and tells what a session came to once it is over
  --template s3          counts words of files: in a directory here, in S3 once it is deployed
  --template kinesis     sums orders of a Kinesis stream, or of orders that it makes up
  --template kafka       the same of a Kafka topic

Examples
  sluice create clicks
  sluice create ../alerts --template log-alerts
`,
  simulate: `sluice simulate <file> [words…] [options] [-- words…]

Runs a program that exports an app on a virtual clock, again and again, while processes crash and pause and calls get
lost, late or twice, and compares what it shows and keeps with a run of the same batches without faults. Sources are
replaced and the library's sinks stand still; sinks and functions of the program itself run. Exits with 1 at the first
difference, and prints the least that leads to it.

  --seeds <n>        runs (default 100), each with a seed of its own
  --seed <s>         the first seed (default 1); without --seeds, only this one
  --batches <n>      intervals in which records arrive (default 8 to 16)
  --records <files>  sample records, a JSON value or a line of text per line: clicks.jsonl, or
                     clicks=a.jsonl,orders=b.jsonl
  --records-max <n>  most records of a partition in one interval
  --faults <list>    exactly these faults, as an earlier run has printed them
  --json             the answer as one JSON object

Examples
  sluice simulate src/app.ts --seeds 1000
  sluice simulate src/app.ts --records clicks=clicks.jsonl --seed 17
`,
  offline: `sluice offline [file] [options]

Runs a program that exports an app (src/app.ts if none is named) as it runs on AWS, on this machine: S3, DynamoDB and
SQS are emulated, and the functions that a deploy would bundle run in processes of their own, with the memory, the time
and the ticks that they have there. What fails there for its place fails here. All of it is gone when this ends. Needs
packages of the project; the first start says which.

  --batches <n>      stop after n batches
  --slots <n>        tasks of a stage that run at once (default 2)
  --json             one JSON object per line on stdout, nothing else
  --verbose          errors with their stacks

Examples
  sluice offline src/app.ts
  sluice offline src/app.ts --batches 3 --json

^C ends everything at once, and exits with 0 if every batch was delivered.
`,
  outputs: `sluice outputs list <dir>
sluice outputs retry <dir> <output…>
sluice outputs drop <dir> <output…>

An output that fails is held, it alone, and tried again with growing waits; what it has not delivered is kept. retry has
the run try it at once; drop gives up what it has not delivered so far, so that the output may also be removed from the
program. Both work beside a run and between runs. "all" stands for all outputs.

${stageOptions}
  --app <name>       which app, if there are several
  --json             one JSON object per output

Examples
  sluice outputs list .sluice
  sluice outputs drop .sluice pages
`,
  dead: `sluice dead list <dir>
sluice dead show <dir> <id…>
sluice dead retry <dir> <id…>
sluice dead drop <dir> <id…>

Dead letters are records that made a function throw, in programs that set them aside: app(…, { onError:
'dead-letter' }). retry has the next start read them again, once, in its first batch with input; drop lets them be.
"all" stands for all ids.

${stageOptions}
  --app <name>       which app, if there are several
  --json             one JSON object per letter

Examples
  sluice dead list .sluice
  sluice dead retry .sluice 57-1
`,
  graph: `sluice graph <file> [words…] [options] [-- words…]

Builds the graph of a program, runs no batch, and shows every operator: what it follows, its uid, partitions, what it
keeps between batches, and of sources and outputs what they read and promise.

  --mermaid          as a Mermaid flow chart
  --json             one JSON object per operator

Examples
  sluice graph src/app.ts
  sluice graph src/app.ts --mermaid > graph.mmd
`,
  status: `sluice status <dir>
sluice status --stage <name>

Says in one sentence how an app is: its last batch, whether it keeps up, what was set aside and what outputs owe. Only
reads. Exit code 0: well; 3: it falls behind; 4: paused, halted or stalled; 5: no credentials, or no way to AWS.

${stageOptions}
  --app <name>       which app, if there are several
  --json             one JSON object

Examples
  sluice status .sluice
  sluice status --stage prod
`,
  pause: `sluice pause <dir>
sluice pause --stage <name>

Keeps an app from beginning batches, wherever it runs, until it is resumed. The batch under way ends first. Input stays
where it is, and what was missed is run after the pause as after any break.

${stageOptions}
  --app <name>       which app, if there are several
  --json             one JSON object

Examples
  sluice pause .sluice
  sluice pause --stage prod
`,
  resume: `sluice resume <dir>
sluice resume --stage <name>

Lets an app go on that was paused. One that was halted goes on at its next start; look at sluice verify first.

${stageOptions}
  --app <name>       which app, if there are several
  --json             one JSON object

Examples
  sluice resume .sluice
  sluice resume --stage prod
`,
  down: `sluice down --stage <name>

Lets a stage rest: no further tick wakes it, and the batch that runs comes to its end. Table, bucket and functions stay,
and cost no more than what they store; npx osls deploy lets it go on. With --delete everything of the stage is deleted
after its batch, also of a stage that is protected.

  --stage <name>     the stage, as serverless.yml here describes it
  --delete <service>-<stage>  delete all of it; the name is written out so that nothing is deleted by a slip

Examples
  sluice down --stage prod
  sluice down --stage prod --delete clicks-prod
`,
  doctor: `sluice doctor --stage <name>

Looks at how a stage is set up, and says one line about each thing: table, expiry of items and objects, backup, room for
invocations, the coordinator, the clock. Changes nothing. Exit code 1 if something is wrong that loses state or keeps
the app from running; what could not be looked at is a warning.

  --stage <name>     the stage, as serverless.yml here describes it
  --json             one JSON object per check

Examples
  sluice doctor --stage prod
  AWS_PROFILE=ops sluice doctor --stage prod --json
`,
  state: `sluice state <dir> [operator] [key]

Shows what the last committed batch keeps: the sizes of all operators, the keys and values of one, or one key. An
operator is named by its uid, or any end of it that fits no other; a key as it is listed, or as JSON. Only reads: no
lock is taken, so it also works beside a run.

  --limit <n>        keys to show (default 100)
${stageOptions}
  --app <name>       which app, if there are several
  --json             one JSON object per operator or key

Examples
  sluice state .sluice
  sluice state .sluice updateStateByKey /cart
`,
  verify: `sluice verify <dir>

Replays what runs with --dir <dir> have written: every step of the head must be one the protocol allows, every manifest
must follow from the one before, and every object of the newest must be there with the right checksum.
Of a stage, which keeps no history, the newest head and all that it reaches. Exits with 1 at the first violation.

${stageOptions}
  --json             the answer as one JSON object

Examples
  sluice verify .sluice
  sluice verify checkpoint --json
`,
  plan: `sluice plan [--stage <stage>]

Says what a deploy of serverless.yml would do: what becomes of stored state, and what a day costs. Builds the program
and reads the stage; changes nothing. Exits with 1 if the program could not go on from what is stored, as the deploy
itself would.

  --stage <stage>    the stage (default: dev)
  --records-per-second <n>  the rate that the cost is estimated for
  --at <file>        where the stage is, as a file; the Serverless CLI is asked if it is left out
  --needs <file>     only write into this file what the program needs of its stage; the plugin asks it
  --print serverless | cloudformation  the stage without this plugin; needs no credentials
  --json             the answer as one JSON object

Examples
  sluice plan --stage prod
  sluice plan --records-per-second 400
`,
  explain: `sluice explain <code>

Prints what an error code means, why it happens and what to do.

Examples
  sluice explain E_NO_OUTPUT
  sluice explain e_window
`,
}
