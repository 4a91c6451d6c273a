// Program 26: a receiver of our own reads lines from a socket, and connects again whenever the connection ends.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Receiver, seconds, SparkConf, StorageLevel, StreamingContext } from 'sluice'

class CustomReceiver extends Receiver<string> {
  readonly #host: string
  readonly #port: number
  #socket: Socket | null = null

  constructor(host: string, port: number) {
    super(StorageLevel.MEMORY_ONLY)
    this.#host = host
    this.#port = port
  }

  async onStart() {
    try {
      this.#socket = connect(this.#port, this.#host)
      await once(this.#socket, 'connect')
      await this.#receive(this.#socket)
      this.restart('Trying to connect again')
    } catch (error) {
      this.restart(`Error connecting to ${this.#host}:${this.#port}`, error)
    }
  }

  onStop() {
    this.#socket?.destroy()
  }

  async #receive(socket: Socket) {
    let begun = ''
    for await (const text of socket.setEncoding('utf8')) {
      const lines = (begun + text).split('\n')
      begun = lines.pop() ?? ''
      for (const line of lines) if (!this.store(line)) await this.ready()
    }
  }
}

const [host = 'localhost', port = '8888', interval = '3'] = process.argv.slice(2)

const conf = new SparkConf().setMaster('local[2]').setAppName('MyCustomReceiver')
const ssc = new StreamingContext(conf, seconds(Number(interval)))

const dstream = ssc.receiverStream(new CustomReceiver(host, Number(port)))
const result = dstream
  .flatMap((line) => line.split(','))
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)

result.print()

ssc.start()
await ssc.awaitTermination()
await ssc.stop(false)
