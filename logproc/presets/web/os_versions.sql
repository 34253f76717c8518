-- title: Versions of operating systems, without bots
SELECT os(user_agent) AS os, os_version(user_agent) AS version, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS visitors
FROM web
WHERE os(user_agent) IS NOT NULL AND NOT is_bot(user_agent)
GROUP BY ALL ORDER BY requests DESC LIMIT 100
