-- title: Operating systems, without bots
SELECT os(user_agent) AS os, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
WHERE NOT is_bot(user_agent)
GROUP BY ALL ORDER BY requests DESC LIMIT 50
