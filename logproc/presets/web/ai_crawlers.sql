-- title: AI crawlers
SELECT ai_crawler(user_agent) AS crawler, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS clients, max(time) AS last_time
FROM web
WHERE is_ai_crawler(user_agent)
GROUP BY ALL ORDER BY requests DESC LIMIT 50
