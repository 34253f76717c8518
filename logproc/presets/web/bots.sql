-- title: Bots
SELECT bot(user_agent) AS bot, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS clients
FROM web
WHERE is_bot(user_agent)
GROUP BY ALL ORDER BY requests DESC LIMIT 100
