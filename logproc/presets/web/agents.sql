-- title: People, bots and AI crawlers
-- where logged: mean_duration, max_duration, total_duration
SELECT CASE WHEN is_ai_crawler(user_agent) THEN 'AI crawler' WHEN is_bot(user_agent) THEN 'bot'
            WHEN user_agent IS NULL THEN 'unknown' ELSE 'person' END AS class,
       count(*) AS requests,
       sum(bytes) AS bytes, approx_count_distinct(client) AS clients, avg(duration) AS mean_duration,
       sum(duration) AS total_duration, max(duration) AS max_duration
FROM web
GROUP BY ALL ORDER BY requests DESC LIMIT 10
