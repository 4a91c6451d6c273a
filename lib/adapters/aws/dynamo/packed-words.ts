/**
 * What heads and the manifests in them have in common, in the order in which it comes: a small one is hardly more than
 * what is its own. What was packed with these words is read with these words, so they stay as they are: other words are
 * another form.
 */
export const WORDS = Buffer.from(
  '"kind":"delta","whole":[[0,"panes":[{"from":0,"to":"slideTime":1"version":2,"packs":[{"operator":"' +
    '"deadLetters":[{"batch":1,"open":{"beforeCommit":["rates":{"latest":{"time":1,"rate":0.,"error":0' +
    '"shards":{"sequence":"topics":{"offsets":{"0":"offset":"partition":"search":{"began":1,' +
    '"listed":"marked":true' +
    'reduceByKeyAndWindow/countByValueAndWindow/mapWithState/mapGroupsWithState/transform/join/groupByKey/' +
    'foreachRDD/print' +
    '{"app":"a","inc":"\u0001","graph":"1a9d","intervalMs":10000,"zeroTime":17672256,' +
    '"conf":{"spark.app.name":"a"},' +
    '"holder":null,"leaseUntil":0,"epoch":1,"committed":1,"tick":1,' +
    '"manifest":{"key":"a/\u0002 /man/9e/1/\u0001.json",' +
    '\u0004{"format":2,"batch":1,"tick":1,"time":1767225610000,"nonce":"\u0002!","base":"\u0001","graph":"1a9d",' +
    '"cuts":{"lines":{"splits":[{"path":"s3://bucket/in/0","start":0,"end":1000,"size":1000,' +
    '"etag":"\\"\u0001\\""},' +
    '{"path":"s3://bucket/in/1","start":0,"end":1000,"size":1000,"etag":"\\"\u0001\\""}],"records":null,' +
    '"description":"s3://bucket/in/0\\ns3://bucket/in/1","newest":{"kind":"none"}}},' +
    '"positions":{"lines":{"created":1767225610000,"seen":{"pieces":[],"next":0,"recent":[\u0003,\u0003,' +
    '\u0003,\u0003]},' +
    '"newestMs":1767225610000}},"actions":{},"state":{"lines/updateStateByKey":{"chains":[{"from":0,' +
    '"to":64,"keys":10,' +
    '"blocks":[{"kind":"snapshot","batch":1,' +
    '"ref":{"key":"a/\u0002 /st/lines/updateStateByKey/9e/1/all/\u0001.0.s",' +
    '\u000799},"keys":10}]},{"from":64,"to":128,"keys":10,"blocks":[{"kind":"snapshot","batch":1,"ref":{"key":' +
    '"a/\u0002 /st/lines/updateStateByKey/9e/1/all/\u0002$.2.s",\u000799},"keys":10}]},{"from":128,"to":192,' +
    '"from":192,"to":256,"keys":10}]}]}},"retained":{},"outputs":{"lines/updateStateByKey/foreachRDD":' +
    '[{"partition":0,"records":10,' +
    '"ref":{"key":"a/\u0002 /out/9e/1/lines/updateStateByKey/foreachRDD/p0/\u0002$.1",' +
    '\u000799}},{"partition":1,"records":10,' +
    '"ref":{"key":"a/\u0002 /out/9e/1/lines/updateStateByKey/foreachRDD/p1/' +
    '\u0002$.3",\u000799}},{"partition":2,"records":{"partition":3,"records":10,"ref":null}]},' +
    '"records":{"lines":4},"wrote":8,"facts":{"key":"a/\u0002 /graph/9e/1/\u0001.json","len":800,' +
    '"crc":1}}\u0005},' +
    '"outDone":1,"owed":[],"gcFloor":0,"halt":null}',
)
