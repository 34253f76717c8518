-- title: People, bots and AI crawlers
SELECT CASE WHEN is_ai_crawler(user_agent) THEN 'AI crawler' WHEN is_bot(user_agent) THEN 'bot'
            WHEN user_agent IS NULL THEN 'unknown' ELSE 'person' END AS class,
       count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS clients
FROM web
GROUP BY ALL ORDER BY requests DESC LIMIT 10
