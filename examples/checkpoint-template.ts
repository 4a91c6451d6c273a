// Program 39: the form of every program that goes on where its last process ended.
import { seconds, StreamingContext } from 'sluice'

const [host = 'localhost', port = '9999', checkpointDirectory = 'checkpoint', interval = '1'] = process.argv.slice(2)

// Makes and sets up a new context. In a new process it is called even when there is a checkpoint, as functions cannot
// be stored.
function functionToCreateContext() {
  const ssc = new StreamingContext({ appName: 'CheckpointTemplate', master: 'local[2]' }, seconds(Number(interval)))
  const lines = ssc.socketTextStream(host, Number(port))
  lines
    .map((line) => [line, 1])
    .updateStateByKey((ones, seen = 0) => seen + ones.length)
    .print()
  ssc.checkpoint(checkpointDirectory)
  return ssc
}

// Goes on from the checkpoint, or begins anew.
const context = await StreamingContext.getOrCreate(checkpointDirectory, functionToCreateContext)

// Set-up that is needed either way, whether it is started or restarted.
context.addStreamingListener({ onStreamingStarted: () => console.log('Streaming started') })

context.start()
await context.awaitTermination()
