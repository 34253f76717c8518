-- title: AI crawlers
-- where logged: mean_duration, max_duration, total_duration
SELECT ai_crawler(user_agent) AS crawler, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS clients, avg(duration) AS mean_duration, sum(duration) AS total_duration,
       max(duration) AS max_duration, max(time) AS last_time
FROM web
WHERE is_ai_crawler(user_agent)
GROUP BY ALL ORDER BY requests DESC LIMIT 50
