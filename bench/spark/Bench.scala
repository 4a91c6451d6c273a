// In a package of Spark's: its clock that is moved by hand is visible only there.
package org.apache.spark.streaming

import java.io.{File, RandomAccessFile}
import java.lang.management.ManagementFactory
import java.nio.charset.StandardCharsets.{ISO_8859_1, UTF_8}
import java.nio.file.Files
import java.nio.{ByteBuffer, ByteOrder}
import java.util.concurrent.Semaphore

import scala.collection.mutable
import scala.io.Source

import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.kafka.common.serialization.StringDeserializer
import org.apache.spark.{Partition, SparkConf, SparkContext, TaskContext}
import org.apache.spark.rdd.RDD
import org.apache.spark.streaming.dstream.{DStream, InputDStream}
import org.apache.spark.streaming.kafka010.{ConsumerStrategies, KafkaUtils, LocationStrategies}
import org.apache.spark.streaming.scheduler.{
  StreamingListener, StreamingListenerBatchCompleted, StreamingListenerOutputOperationCompleted
}
import org.apache.spark.util.ManualClock

/** Records that lie ready in this process before a batch begins, dealt out to partitions. */
object Ready {
  @volatile var parts: Array[Array[String]] = Array(Array(), Array())
  @volatile var value = 1
}

class Part(val index: Int) extends Partition

class ReadyRDD(sc: SparkContext) extends RDD[String](sc, Nil) {
  override def getPartitions: Array[Partition] = Array(new Part(0), new Part(1))
  override def compute(part: Partition, task: TaskContext): Iterator[String] = Ready.parts(part.index).iterator
}

/** Ranges of bytes of a text file, read and decoded in the task. */
class TextRDD(sc: SparkContext, path: String, ranges: Array[(Long, Long)]) extends RDD[String](sc, Nil) {
  override def getPartitions: Array[Partition] = ranges.indices.map(i => new Part(i): Partition).toArray
  override def compute(part: Partition, task: TaskContext): Iterator[String] = {
    val (from, to) = ranges(part.index)
    val bytes = new Array[Byte]((to - from).toInt)
    val file = new RandomAccessFile(path, "r")
    file.seek(from)
    file.readFully(bytes)
    file.close()
    new Iterator[String] {
      private var at = 0
      override def hasNext: Boolean = at < bytes.length
      override def next(): String = {
        var end = at
        while (end < bytes.length && bytes(end) != '\n') end += 1
        val line = new String(bytes, at, end - at, ISO_8859_1)
        at = end + 1
        line
      }
    }
  }
}

/** A stream whose batches are made by a function of their time. */
class Blocks(context: StreamingContext, rdd: Time => RDD[String]) extends InputDStream[String](context) {
  override def start(): Unit = {}
  override def stop(): Unit = {}
  override def compute(time: Time): Option[RDD[String]] = Some(rdd(time))
}

object Json {
  val mapper = new ObjectMapper()
}

case class Event(adId: String, eventType: String, eventTime: String)

/** What an output has seen; `last` is the newest batch, so that a checksum can be made after the clock has stopped. */
class Seen[K] extends Serializable {
  var count = 0L
  var sum = 0L
  @transient @volatile var last: RDD[(K, Int)] = _
  def of(stream: DStream[(K, Int)]): Unit = stream.foreachRDD { rdd =>
    val (n, s) = rdd.aggregate((0L, 0L))({ case ((n, s), (_, v)) => (n + 1, s + v) }, (a, b) => (a._1 + b._1, a._2 + b._2))
    count += n
    sum += s
    last = rdd
  }
  def rows: Iterator[Seq[Any]] = last.collect().iterator.map { case (key, value) => Seq(key, value) }
}

/** A program, what is laid ready before each of its batches, and its answer. */
trait Program extends Serializable {
  def build(ssc: StreamingContext): Unit
  def lay(batch: Int): Unit = {}
  def rows: Iterator[Seq[Any]]
  /** Whether Spark asks for checkpoints, as it does where there is state. */
  def durable: Boolean
  /** Batches that fill state: neither warm-up nor counted. */
  def fill: Int = 0
  /** What the driver does once the clock has stopped, before it asks for rows: how many batches more. */
  def after: Int = 0
}

object Bench {
  def main(args: Array[String]): Unit = {
    val program = args(0)
    val options = args.drop(1).map(_.split("=", 2)).map(each => each(0) -> each(1)).toMap
    if (program == "first") new First(options).run() else measure(program, options)
    System.out.flush()
    Runtime.getRuntime.halt(0)
  }

  private def measure(name: String, options: Map[String, String]): Unit = {
    val folder = Files.createTempDirectory("spark-bench").toFile
    try {
      val sc = context("spark.streaming.clock" -> "org.apache.spark.util.ManualClock")
      // What a machine has compiled in earlier passes it keeps: those are not counted.
      val passes = options("passes").toInt
      val all = (1 to passes).map(pass => runPass(sc, program(name, options), options, new File(folder, s"p$pass")))
      println(all.last.json(all.head.walls.head))
    } finally delete(folder)
  }

  def context(settings: (String, String)*): SparkContext = {
    val conf = new SparkConf().setMaster("local[2]").setAppName("bench").setAll(Seq(
      "spark.ui.enabled" -> "false", "spark.driver.host" -> "127.0.0.1", "spark.driver.bindAddress" -> "127.0.0.1"))
    val sc = new SparkContext(conf.setAll(settings))
    sc.setLogLevel("ERROR")
    sc
  }

  case class Pass(walls: Seq[Double], cpus: Seq[Double], checksum: String, peakMb: Double) {
    def json(cold: Double): String =
      s"""{"walls_ms":[${walls.mkString(",")}],"cpus_s":[${cpus.mkString(",")}],"cold_ms":$cold,""" +
        s""""peak_rss_mb":$peakMb,"checksum":"$checksum"}"""
  }

  private def runPass(sc: SparkContext, program: Program, options: Map[String, String], folder: File): Pass = {
    val ssc = new StreamingContext(sc, Seconds(1))
    if (program.durable) ssc.checkpoint(folder.getPath)
    program.build(ssc)
    val done = new Semaphore(0)
    ssc.addStreamingListener(new StreamingListener {
      override def onBatchCompleted(batch: StreamingListenerBatchCompleted): Unit = done.release()
      override def onOutputOperationCompleted(output: StreamingListenerOutputOperationCompleted): Unit =
        output.outputOperationInfo.failureReason.foreach { reason =>
          System.err.println(reason)
          Runtime.getRuntime.halt(1)
        }
    })
    ssc.start()
    val clock = ssc.scheduler.clock.asInstanceOf[ManualClock]
    def batch(number: Int): (Double, Double) = {
      program.lay(number)
      val (cpu, begun) = (cpuSeconds, System.nanoTime)
      clock.advance(1000)
      done.acquire()
      ((System.nanoTime - begun) / 1e6, cpuSeconds - cpu)
    }
    val uncounted = program.fill + options("warm").toInt
    (0 until uncounted).foreach(batch)
    System.gc()
    val counted = (0 until options("batches").toInt).map(i => batch(uncounted + i))
    val peak = peakMb
    (0 until program.after).foreach(i => batch(uncounted + counted.length + i))
    val sum = checksum(program.rows)
    ssc.stop(stopSparkContext = false, stopGracefully = false)
    Pass(counted.map(_._1), counted.map(_._2), sum, peak)
  }

  private def program(name: String, options: Map[String, String]): Program = name match {
    case "wordcount" => new WordCount(options)
    case "grep" => new Grep(options)
    case "ysb" => new Ysb(options)
    case "sliding-inverse" => new Sliding(options, true)
    case "sliding-panes" => new Sliding(options, false)
    case "map-with-state" => new Stateful(options, "map")
    case "update-state" => new Stateful(options, "update")
    case "empty" => new Empty
    case "kafka" => new KafkaDirect(options)
  }

  private val os =
    ManagementFactory.getOperatingSystemMXBean.asInstanceOf[com.sun.management.OperatingSystemMXBean]
  def cpuSeconds: Double = os.getProcessCpuTime / 1e9
  def peakMb: Double = Source.fromFile("/proc/self/status").getLines()
    .find(_.startsWith("VmHWM")).map(_.split("\\s+")(1).toDouble / 1024).getOrElse(0)

  private def delete(file: File): Unit = {
    Option(file.listFiles).foreach(_.foreach(delete))
    file.delete()
  }

  def checksum(rows: Iterator[Seq[Any]]): String = {
    var (count, first, second) = (0, 0, 0)
    rows.foreach { row =>
      val bytes = row.mkString("\t").getBytes(UTF_8)
      count += 1
      first += fnv1a(bytes, 2166136261L.toInt)
      second += fnv1a(bytes, 2538058380L.toInt)
    }
    f"$count:$first%08x$second%08x"
  }

  private def fnv1a(bytes: Array[Byte], base: Int): Int = {
    var hash = base
    bytes.foreach(byte => hash = (hash ^ (byte & 0xff)) * 16777619)
    hash
  }
}

trait Text extends Serializable {
  val options: Map[String, String]
  private val blocks = options("ranges").split(";").map(_.split(",").map { range =>
    val Array(from, to) = range.split("-")
    (from.toLong, to.toLong)
  })
  def lines(ssc: StreamingContext, blockOf: Time => Int = time => (time.milliseconds / 1000).toInt - 1): DStream[String] =
    new Blocks(ssc, time => {
      val block = blockOf(time)
      new TextRDD(SparkContext.getOrCreate(), options("path"), if (block < blocks.length) blocks(block) else Array())
    })
}

class WordCount(val options: Map[String, String]) extends Program with Text {
  private val seen = new Seen[String]
  override def durable: Boolean = true
  override def build(ssc: StreamingContext): Unit = seen.of(
    lines(ssc).flatMap(_.split(" ")).map((_, 1)).reduceByKey(_ + _)
      .updateStateByKey[Int]((values: Seq[Int], total: Option[Int]) => Some(total.getOrElse(0) + values.sum)))
  override def rows: Iterator[Seq[Any]] = seen.rows
}

class Grep(val options: Map[String, String]) extends Program with Text {
  private var (count, sum) = (0L, 0L)
  override def durable: Boolean = false
  override def build(ssc: StreamingContext): Unit = {
    val word = options("word")
    lines(ssc).filter(_.contains(word)).map(line => (1, line.length)).reduce((a, b) => (a._1 + b._1, a._2 + b._2))
      .foreachRDD(_.collect().foreach { case (n, length) => count += n; sum += length })
  }
  override def rows: Iterator[Seq[Any]] = Iterator(Seq(count, sum))
}

class Ysb(val options: Map[String, String]) extends Program with Text {
  private val totals = mutable.Map[Long, Long]()
  override def durable: Boolean = false
  override def build(ssc: StreamingContext): Unit = {
    val campaigns = ssc.sparkContext.broadcast(
      options("ads").split(",").zipWithIndex.map { case (ad, i) => ad -> i / 10 }.toMap)
    lines(ssc).map { line =>
      val event = Json.mapper.readTree(line)
      Event(event.get("ad_id").asText, event.get("event_type").asText, event.get("event_time").asText)
    }.filter(_.eventType == "view")
      .map(event => (campaigns.value(event.adId) * (1L << 30) + event.eventTime.toLong / 10000, 1L))
      .reduceByKey(_ + _)
      .foreachRDD(_.collect().foreach { case (key, n) => totals(key) = totals.getOrElse(key, 0L) + n })
  }
  override def rows: Iterator[Seq[Any]] = totals.iterator.map { case (key, n) => Seq(key, n) }
}

/** Keys by number from a file, `updates` for each batch, from the beginning again when it ends. */
class Feed(path: String, stored: Int, updates: Int) {
  private val file = new RandomAccessFile(path, "r")
  private val bytes = new Array[Byte](updates * 4)
  def lay(batch: Int): Unit = {
    file.seek((batch % stored).toLong * bytes.length)
    file.readFully(bytes)
    val numbers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer()
    Ready.parts = Array(0, 1).map { part =>
      (part until updates by 2).map(i => Feed.key(numbers.get(i))).toArray
    }
  }
}

object Feed {
  def key(number: Int): String = {
    val digits = number.toString
    "k" + "0" * (14 - digits.length) + digits
  }
}

class Sliding(options: Map[String, String], inverse: Boolean) extends Program {
  @transient private val feed = new Feed(options("path"), options("stored").toInt, options("updates").toInt)
  private val seen = new Seen[String]
  override def lay(batch: Int): Unit = feed.lay(batch)
  override def durable: Boolean = inverse
  override def build(ssc: StreamingContext): Unit = {
    val pairs = new Blocks(ssc, _ => new ReadyRDD(SparkContext.getOrCreate())).map((_, 1))
    seen.of(
      if (inverse)
        pairs.reduceByKeyAndWindow(_ + _, _ - _, Seconds(60), Seconds(1), filterFunc = (pair: (String, Int)) => pair._2 != 0)
      else pairs.reduceByKeyAndWindow((a: Int, b: Int) => a + b, Seconds(60), Seconds(1)))
  }
  override def rows: Iterator[Seq[Any]] = seen.rows
}

/** All keys at 0, then batches that add 1 to some; a last batch shows the whole state. */
class Stateful(options: Map[String, String], form: String) extends Program {
  private val (keys, updates) = (options("keys").toInt, options("updates").toInt)
  @transient private val feed = new Feed(options("path"), options("stored").toInt, updates)
  private val counted = options("warm").toInt + options("batches").toInt
  private val seen = new Seen[String]
  override def fill: Int = 1
  override def after: Int = 1
  override def lay(batch: Int): Unit =
    if (batch == 0 || batch > counted) {
      Ready.value = 0
      val all = batch == 0 || form == "map"
      Ready.parts = Array(0, 1).map(part => if (all) (part until keys by 2).map(Feed.key).toArray else Array[String]())
    } else {
      Ready.value = 1
      feed.lay(batch - 1)
    }
  override def durable: Boolean = true
  override def build(ssc: StreamingContext): Unit = {
    val pairs = new Blocks(ssc, _ => new ReadyRDD(SparkContext.getOrCreate())).map(key => (key, Ready.value))
    val mapping = (key: String, value: Option[Int], state: State[Int]) => {
      val sum = state.getOption().getOrElse(0) + value.getOrElse(0)
      state.update(sum)
      (key, sum)
    }
    seen.of(
      if (form == "map") pairs.mapWithState(StateSpec.function(mapping))
      else pairs.updateStateByKey[Int]((values: Seq[Int], state: Option[Int]) => Some(state.getOrElse(0) + values.sum)))
  }
  override def rows: Iterator[Seq[Any]] = seen.rows
}

/** Two stages without records. */
class Empty extends Program {
  private val seen = new Seen[String]
  override def durable: Boolean = false
  override def build(ssc: StreamingContext): Unit = {
    Ready.parts = Array(Array(), Array())
    seen.of(new Blocks(ssc, _ => new ReadyRDD(SparkContext.getOrCreate())).map((_, 1)).reduceByKey(_ + _, 2))
  }
  override def rows: Iterator[Seq[Any]] = seen.rows
}

/** A whole topic in one batch, into state by the end of its keys. */
class KafkaDirect(options: Map[String, String]) extends Program {
  private val seen = new Seen[String]
  override def durable: Boolean = true
  override def build(ssc: StreamingContext): Unit = {
    val settings = Map[String, Object](
      "bootstrap.servers" -> options("address"), "group.id" -> s"bench-${System.nanoTime}",
      "key.deserializer" -> classOf[StringDeserializer], "value.deserializer" -> classOf[StringDeserializer],
      "auto.offset.reset" -> "earliest", "enable.auto.commit" -> java.lang.Boolean.FALSE)
    val topics = ConsumerStrategies.Subscribe[String, String](Seq(options("topic")), settings)
    seen.of(
      KafkaUtils.createDirectStream(ssc, LocationStrategies.PreferConsistent, topics)
        .map(record => (record.key.takeRight(3), 1)).reduceByKey(_ + _)
        .updateStateByKey[Int]((values: Seq[Int], total: Option[Int]) => Some(total.getOrElse(0) + values.sum)))
  }
  override def rows: Iterator[Seq[Any]] =
    Iterator(Seq("records", seen.last.collect().map(_._2.toLong).sum))
}

/** From the start of the process to the first byte of a word count: by Spark's own clock, as a user would start it. */
class First(val options: Map[String, String]) extends Text {
  def run(): Unit = {
    val ssc = new StreamingContext(Bench.context(), Milliseconds(100))
    val printed = new Semaphore(0)
    ssc.addStreamingListener(new StreamingListener {
      override def onBatchCompleted(batch: StreamingListenerBatchCompleted): Unit = printed.release()
    })
    val times = Iterator.from(0)
    lines(ssc, _ => times.next()).flatMap(_.split(" ")).map((_, 1)).reduceByKey(_ + _).print()
    ssc.start()
    printed.acquire()
    println(s"""{"cpuMs":${Bench.cpuSeconds * 1000},"rssMb":${Bench.peakMb}}""")
  }
}
