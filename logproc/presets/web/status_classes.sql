-- title: Status classes
-- where logged: mean_duration, max_duration, total_duration
SELECT CASE WHEN status >= 500 THEN '5xx server error' WHEN status >= 400 THEN '4xx client error'
            WHEN status >= 300 THEN '3xx redirection' WHEN status >= 200 THEN '2xx success'
            WHEN status >= 100 THEN '1xx information' END AS class,
       count(*) AS requests, sum(bytes) AS bytes,
       avg(duration) AS mean_duration, sum(duration) AS total_duration,
       max(duration) AS max_duration
FROM web
GROUP BY ALL ORDER BY class
