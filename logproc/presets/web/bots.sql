-- title: Bots
-- where logged: mean_duration, max_duration, total_duration
SELECT bot(user_agent) AS bot, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS clients,
       avg(duration) AS mean_duration, sum(duration) AS total_duration, max(duration) AS max_duration
FROM web
WHERE is_bot(user_agent)
GROUP BY ALL ORDER BY requests DESC LIMIT 100
