// Programs 10 and 11: a context, and nothing to do yet. In a shell, `sc` may be there already; a streaming context is
// made from it.
import { seconds, SparkConf, SparkContext, StreamingContext } from 'sluice'

const conf = new SparkConf()
conf.setAppName('TestDStream')
conf.setMaster('local[2]')

const sc = new SparkContext(conf)
const ssc = new StreamingContext(sc, seconds(1))

console.log(`${sc.appName}: ${ssc.getState()}, batches of ${ssc.batchDuration}`)
