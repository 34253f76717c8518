-- title: Server errors by path
-- where logged: mean_duration, max_duration, total_duration
SELECT path, status, count(*) AS requests, sum(bytes) AS bytes,
       avg(duration) AS mean_duration, sum(duration) AS total_duration, max(duration) AS max_duration,
       max(time) AS last_time
FROM web
WHERE status >= 500
GROUP BY ALL ORDER BY requests DESC LIMIT 100
